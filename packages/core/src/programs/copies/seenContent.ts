/** What an instance holds under many keys, seen the cheapest way that tells one content from another. */
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import type { ObjectStore } from "../../ports/ObjectStore.ts"
import { sha256 } from "../backups/digest.ts"
import { sameBytes } from "./sameContent.ts"

/** The bytes of a value, or their SHA-256 from an instance that works it out itself; `None` where there is no value. */
export type Seen = Option.Option<Uint8Array | string>

/** Looks at what a store holds: by digests where it has them, since bytes cost more to send and to take than to digest. */
export const lookAt = (
  objects: ObjectStore,
  keys: ReadonlyArray<ObjectKey>,
): Effect.Effect<ReadonlyArray<Seen>, BackendError> => (objects.digestMany ?? objects.getMany)(keys)

/** Whether some bytes were seen; `digest` is asked for their SHA-256 only where that is what was seen. */
export const isSeen = (seen: Seen | undefined, data: Uint8Array, digest: () => string): boolean => {
  if (seen === undefined || Option.isNone(seen)) return false
  return typeof seen.value === "string" ? seen.value === digest() : sameBytes(seen.value, data)
}

/** Whether bytes of this SHA-256 were seen. */
export const isDigestSeen = (seen: Seen | undefined, digest: string): boolean => {
  if (seen === undefined || Option.isNone(seen)) return false
  return (typeof seen.value === "string" ? seen.value : sha256(seen.value)) === digest
}

/** Which sets there are. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../../errors/BackendError.ts"
import type { IntegrityError } from "../../../errors/IntegrityError.ts"
import type { ObjectStorageService } from "../../../ports/ObjectStorage.ts"
import { readManifest } from "./readSet.ts"
import { readSetName, setsFolder } from "./setNames.ts"

/** A set that lies in a storage. */
export type ListedSet =
  | {
      readonly status: "complete"
      readonly set: string
      /** How often it has been completed. */
      readonly generation: number
      /** When it was completed, in ISO 8601. */
      readonly createdAt: string
      readonly objects: number
      readonly bytes: number
    }
  /** No run of it has been completed yet. */
  | { readonly status: "unfinished"; readonly set: string }
  /** Its manifest can't be trusted. */
  | { readonly status: "damaged"; readonly set: string; readonly error: IntegrityError }

/** Where to look. */
export interface ListSetsOptions {
  readonly storage: ObjectStorageService
  /** The prefix that the backups were made with; empty by default. */
  readonly prefix?: string
}

const describe = (storage: ObjectStorageService, prefix: string, set: string): Effect.Effect<ListedSet, BackendError> =>
  Effect.map(readManifest(storage, { prefix, set }), (found): ListedSet => {
    if (Option.isNone(found)) return { status: "unfinished", set }
    const { bytes, createdAt, generation, objects } = found.value
    return { status: "complete", set, generation, createdAt, objects, bytes }
  }).pipe(Effect.catchTag("IntegrityError", (error) => Effect.succeed<ListedSet>({ status: "damaged", set, error })))

/** Lists the sets under a prefix, in the order of their names. Needs a storage that lists. */
export const listSets = (options: ListSetsOptions): Effect.Effect<ReadonlyArray<ListedSet>, BackendError> =>
  Effect.gen(function* () {
    const { prefix = "", storage } = options
    const names = yield* Stream.runFold(
      storage.list(setsFolder(prefix)),
      () => new Set<string>(),
      (sets, { name }) => {
        const read = readSetName(name, prefix)
        return read === undefined ? sets : sets.add(read.set)
      },
    )
    return yield* Effect.forEach([...names].sort(), (set) => describe(storage, prefix, set), { concurrency: 8 })
  })

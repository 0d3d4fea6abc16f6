/** Whether bytes in any two forms are the same. */
import { sha256 } from "../backups/digest.ts"
import { type StoredBytes, sizeOfStored } from "../large/StoredBytes.ts"

/** Whether two buffers hold the same bytes. */
export const sameBytes = (left: Uint8Array, right: Uint8Array): boolean =>
  left.byteLength === right.byteLength && Buffer.compare(left, right) === 0

const digestOf = (stored: StoredBytes): string =>
  stored._tag === "Plain" ? sha256(stored.data) : stored.manifest.sha256

/** Whether two objects have the same content: by their bytes where both are in memory, else by length and SHA-256. */
export const sameContent = (left: StoredBytes, right: StoredBytes): boolean => {
  if (left._tag === "Plain" && right._tag === "Plain") return sameBytes(left.data, right.data)
  return sizeOfStored(left) === sizeOfStored(right) && digestOf(left) === digestOf(right)
}

/** Whether a place still holds what was found there: the very version where it is in chunks. */
export const isUnchanged = (before: StoredBytes, now: StoredBytes): boolean =>
  before._tag === "Chunked" && now._tag === "Chunked"
    ? before.manifest.version === now.manifest.version
    : before._tag === now._tag && sameContent(before, now)

import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { sha256 } from "../backups/digest.ts"
import type { StoredBytes } from "../large/StoredBytes.ts"

/** A copy that was just made, and what its primary held: enough to see later whether that was overwritten unseen. */
export interface CopyWatch {
  readonly key: ObjectKey
  readonly source: Location
  readonly target: Location
  readonly sizeBytes: number
  /** What `heldIn` said of the primary's bytes. */
  readonly held: string
}

/** What tells one version of an object from another: the version of its chunks, or the SHA-256 of plain bytes. */
export const heldIn = (stored: StoredBytes): string =>
  stored._tag === "Plain" ? sha256(stored.data) : stored.manifest.version

/** What the stages of one run of a set share. */
import type { BackendError } from "../../../errors/BackendError.ts"
import type { IntegrityError } from "../../../errors/IntegrityError.ts"
import type { InvalidArgument } from "../../../errors/InvalidArgument.ts"
import type { ObjectStorageService } from "../../../ports/ObjectStorage.ts"
import type { BulkBudget, BulkResult } from "../../bulk/Bulk.ts"
import type { BackupProperties, BackupSource } from "../BackupSource.ts"
import type { DigestThread } from "./DigestThread.ts"
import type { Prior } from "./PriorEntries.ts"
import type { SegmentBuffers } from "./SegmentBuffers.ts"
import type { SegmentRef, SetEntry } from "./SetFormat.ts"
import type { RunPlace } from "./setNames.ts"

/** What writing a set can fail with, beside what its source fails with. */
export type SetFailure = BackendError | IntegrityError | InvalidArgument

/** What was fixed before the run began. */
export interface SetRun<E> {
  readonly source: BackupSource<E>
  readonly storage: ObjectStorageService
  readonly place: RunPlace
  readonly prior: Prior
  readonly budget: BulkBudget
  readonly buffers: SegmentBuffers
  /** Where segments are digested, if not here. */
  readonly thread: DigestThread | undefined
  /** Objects up to this size share segments; larger ones are stored by themselves. */
  readonly wholeBytes: number
  /** The most room that a larger one takes of the budget, in bytes: what waits for its segment to fill has its own beside it. */
  readonly largeRoomBytes: number
  /** The name for the bytes of a larger one, another at each call. */
  readonly nextLargeName: (key: string) => string
  /** What broke the storage for good, once it did, and at which part: nothing more is read or uploaded then. */
  readonly broken: { error: SetFailure | undefined; fromPart: number }
}

/** Bytes that go into the segment that is being filled. */
export interface Packed {
  readonly kind: "packed"
  readonly properties: BackupProperties
  /** The digest of the bytes, where it had to be known before. */
  readonly sha256: string | undefined
  readonly bytes: Uint8Array
  /** The room that it takes of the budget until its segment is stored. */
  readonly roomBytes: number
}

/** A key that has been read, and what is to be done about it. */
export type Prepared<E> =
  /** It failed, or the generation has it already. */
  | { readonly kind: "settled"; readonly result: BulkResult<E> }
  /** Its bytes are stored: only the index has to say so. */
  | {
      readonly kind: "stored"
      readonly entry: SetEntry
      readonly segment: SegmentRef
      readonly status: "succeeded" | "skipped"
      /** Whether it was uploaded by itself just now. */
      readonly isLarge: boolean
    }
  /** Its bytes go into the segment that is being filled. */
  | Packed

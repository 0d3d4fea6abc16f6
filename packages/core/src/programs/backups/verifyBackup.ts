/** Backups read and checked, with nothing written anywhere. */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { ObjectStorageService } from "../../ports/ObjectStorage.ts"
import type { BulkBounds, BulkKeys, BulkProgress } from "../bulk/Bulk.ts"
import { type RestoreFailure, restoreFromBackup } from "./restoreFromBackup.ts"

/** What is verified. */
export interface VerifyOptions<EK = never> extends BulkBounds {
  readonly storage: ObjectStorageService
  readonly keys: BulkKeys<EK>
  /** The prefix that the backup was made with; empty by default. */
  readonly prefix?: string
}

/** A sink that is never written to: verifying is a restore that writes nothing. */
const nowhere = { write: () => Effect.void }

/** Reads what is backed up for each key and checks its digest and its description. */
export const verifyBackup = <EK = never>(options: VerifyOptions<EK>): Stream.Stream<BulkProgress<RestoreFailure>, EK> =>
  restoreFromBackup({ ...options, sink: nowhere, dryRun: true })

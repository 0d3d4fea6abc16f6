/** The methods of the Promise client that deal with backups to object storage. */
import type {
  BackedUpObject,
  BackupError,
  BackupRequest,
  BackupStorageOptions,
  BulkReport,
  ListedSet,
  PruneReport,
  PruneRequest,
  RestoreError,
  RestoreFailure,
  RestoreRequest,
  VerifyRequest,
} from "@framedb/core"
import { type AnyKeys, type ProgressOptions, streamOfAnyKeys, telling } from "./bulkOptions.ts"
import { QueueMethods } from "./QueueMethods.ts"
import type { CallOptions } from "./Runner.ts"

type Backup = Omit<BackupRequest, "keys"> & { readonly keys: AnyKeys } & ProgressOptions<BackupError> & CallOptions
type Restore = RestoreRequest & ProgressOptions<RestoreError> & CallOptions
type Verify = VerifyRequest & ProgressOptions<RestoreFailure> & CallOptions

/** The methods of `FrameDBClient` that back objects up to a storage, restore and verify them. */
export abstract class BackupMethods extends QueueMethods {
  /** Backs objects up and reports what became of each key. See `BackupCalls.backupToObjectStorage`. */
  backupToObjectStorage(options: Backup): Promise<BulkReport<BackupError>> {
    return this.callWith(options, (db, { onProgress, keys, ...request }: Backup) =>
      telling(onProgress, (tell) => db.backupToObjectStorage({ ...request, ...tell, keys: streamOfAnyKeys(keys) })),
    )
  }

  /** Restores objects and reports what became of each key. See `BackupCalls.restoreFromBackup`. */
  restoreFromBackup(options: Restore): Promise<BulkReport<RestoreError>> {
    return this.callWith(options, (db, { onProgress, ...request }: Restore) =>
      telling(onProgress, (tell) => db.restoreFromBackup({ ...request, ...tell })),
    )
  }

  /** Reads what is backed up and checks every digest. See `BackupCalls.verifyBackup`. */
  verifyBackup(options: Verify): Promise<BulkReport<RestoreFailure>> {
    return this.callWith(options, (db, { onProgress, ...request }: Verify) =>
      telling(onProgress, (tell) => db.verifyBackup({ ...request, ...tell })),
    )
  }

  /** Lists what was stored one object a key. */
  listBackups(
    options: BackupStorageOptions & { readonly keyPrefix?: string } & CallOptions = {},
  ): AsyncIterable<BackedUpObject> {
    return this.iterateWith(options, (db, request) => db.listBackups(request))
  }

  /** Lists the sets. */
  listBackupSets(options: BackupStorageOptions & CallOptions = {}): Promise<ReadonlyArray<ListedSet>> {
    return this.callWith(options, (db, request) => db.listBackupSets(request))
  }

  /** Removes what no kept set needs. See `BackupCalls.pruneBackups`. */
  pruneBackups(options: PruneRequest & CallOptions): Promise<PruneReport> {
    return this.callWith(options, (db, request) => db.pruneBackups(request))
  }
}

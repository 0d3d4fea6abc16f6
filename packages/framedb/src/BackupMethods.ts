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
import { type AnyKeys, type ProgressOptions, streamOfAnyKeys, tell } from "./bulkOptions.ts"
import { QueueMethods } from "./QueueMethods.ts"
import type { CallOptions } from "./Runner.ts"

type Backup = Omit<BackupRequest, "keys"> & { readonly keys: AnyKeys } & ProgressOptions<BackupError> & CallOptions
type Restore = RestoreRequest & ProgressOptions<RestoreError> & CallOptions
type Verify = VerifyRequest & ProgressOptions<RestoreFailure> & CallOptions

/** The methods of `FrameDBClient` that back objects up to a storage, restore and verify them. */
export abstract class BackupMethods extends QueueMethods {
  /** Backs objects up and reports what became of each key. See `BackupCalls.backupToObjectStorage`. */
  backupToObjectStorage({ signal, onProgress, keys, ...options }: Backup): Promise<BulkReport<BackupError>> {
    const request = { ...options, ...tell(onProgress), keys: streamOfAnyKeys(keys) }
    return this.call((db) => db.backupToObjectStorage(request), { signal })
  }

  /** Restores objects and reports what became of each key. See `BackupCalls.restoreFromBackup`. */
  restoreFromBackup({ signal, onProgress, ...options }: Restore): Promise<BulkReport<RestoreError>> {
    return this.call((db) => db.restoreFromBackup({ ...options, ...tell(onProgress) }), { signal })
  }

  /** Reads what is backed up and checks every digest. See `BackupCalls.verifyBackup`. */
  verifyBackup({ signal, onProgress, ...options }: Verify): Promise<BulkReport<RestoreFailure>> {
    return this.call((db) => db.verifyBackup({ ...options, ...tell(onProgress) }), { signal })
  }

  /** Lists what was stored one object a key. */
  listBackups({
    signal,
    ...options
  }: BackupStorageOptions & { readonly keyPrefix?: string } & CallOptions = {}): AsyncIterable<BackedUpObject> {
    return this.iterate((db) => db.listBackups(options), { signal })
  }

  /** Lists the sets. */
  listBackupSets({ signal, ...options }: BackupStorageOptions & CallOptions = {}): Promise<ReadonlyArray<ListedSet>> {
    return this.call((db) => db.listBackupSets(options), { signal })
  }

  /** Removes what no kept set needs. See `BackupCalls.pruneBackups`. */
  pruneBackups({ signal, ...options }: PruneRequest & CallOptions): Promise<PruneReport> {
    return this.call((db) => db.pruneBackups(options), { signal })
  }
}

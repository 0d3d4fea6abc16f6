/** The methods of the Promise client that deal with copies of objects on other instances. */
import type { BulkBackupOptions, BulkReport, CopyError, ObjectInfo, ObjectType } from "@framedb/core"
import { BackupMethods } from "./BackupMethods.ts"
import { type AnyKeys, type ProgressOptions, streamOfAnyKeys, tell } from "./bulkOptions.ts"
import type { CallOptions } from "./Runner.ts"

/** Where a copy goes, where the id alone does not say. */
export interface CopyOptions extends CallOptions {
  /** Needed only where the target's id is one of both kinds of instance. */
  readonly targetType?: ObjectType
}

/** The methods of `FrameDBClient` that copy objects to other instances. */
export abstract class CopyMethods extends BackupMethods {
  /** Copies an object of any size to another instance, verifies the copy and registers it. See `CopyCalls.createBackup`. */
  createBackup(key: string, targetFramedbId: string, { signal, targetType }: CopyOptions = {}): Promise<ObjectInfo> {
    return this.call((db) => db.createBackup(key, targetFramedbId, targetType), { signal })
  }

  /** Copies many objects and reports what became of each key. See `CopyCalls.createBulkBackup`. */
  createBulkBackup(
    keys: AnyKeys,
    targetFramedbId: string,
    { signal, onProgress, ...options }: BulkBackupOptions & ProgressOptions<CopyError> & CallOptions = {},
  ): Promise<BulkReport<CopyError>> {
    const request = { ...options, ...tell(onProgress) }
    return this.call((db) => db.createBulkBackup(streamOfAnyKeys(keys), targetFramedbId, request), { signal })
  }

  /** Removes a copy from an instance and says whether there was one. The primary stays. */
  removeCopy(key: string, framedbId: string, options?: CallOptions): Promise<boolean> {
    return this.call((db) => db.removeCopy(key, framedbId), options)
  }
}

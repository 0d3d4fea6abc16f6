/** The methods of the Promise client that deal with copies of objects on other instances. */
import type { BulkBackupOptions, BulkReport, CopyError, ObjectInfo, ObjectType } from "@framedb/core"
import { BackupMethods } from "./BackupMethods.ts"
import { type AnyKeys, type ProgressOptions, streamOfAnyKeys, telling } from "./bulkOptions.ts"
import type { CallOptions } from "./Runner.ts"

/** Where a copy goes, where the id alone does not say. */
export interface CopyOptions extends CallOptions {
  /** Needed only where the target's id is one of both kinds of instance. */
  readonly targetType?: ObjectType
}

/** The methods of `FrameDBClient` that copy objects to other instances. */
export abstract class CopyMethods extends BackupMethods {
  /** Copies an object of any size to another instance, verifies the copy and registers it. See `CopyCalls.createBackup`. */
  createBackup(key: string, targetFramedbId: string, options: CopyOptions = {}): Promise<ObjectInfo> {
    return this.callWith(options, (db, { targetType }) => db.createBackup(key, targetFramedbId, targetType))
  }

  /** Copies many objects and reports what became of each key. See `CopyCalls.createBulkBackup`. */
  createBulkBackup(
    keys: AnyKeys,
    targetFramedbId: string,
    options: BulkBackupOptions & ProgressOptions<CopyError> & CallOptions = {},
  ): Promise<BulkReport<CopyError>> {
    return this.callWith(options, (db, { onProgress, ...request }) =>
      telling(onProgress, (tell) =>
        db.createBulkBackup(streamOfAnyKeys(keys), targetFramedbId, { ...request, ...tell }),
      ),
    )
  }

  /** Removes a copy from an instance and says whether there was one. The primary stays. */
  removeCopy(key: string, framedbId: string, options?: CallOptions): Promise<boolean> {
    return this.call((db) => db.removeCopy(key, framedbId), options)
  }
}

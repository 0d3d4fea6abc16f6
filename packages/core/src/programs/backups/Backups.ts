/**
 * Backups to object storage and back, over small interfaces: `BackupSource` gives objects, `BackupSink` takes them. Everything
 * that works on many keys is a Stream of progress, which `Bulk.report` runs and gathers.
 */
export { backupToObjectStorage } from "./backupToObjectStorage.ts"
export { listBackups } from "./listBackups.ts"
export { restoreFromBackup } from "./restoreFromBackup.ts"
export { backupToSet } from "./sets/backupToSet.ts"
export { type DigestedSegment, DigestThread, makeDigestThread } from "./sets/DigestThread.ts"
export { listSets } from "./sets/listSets.ts"
export { pruneSets } from "./sets/pruneSets.ts"
export { restoreFromSet, verifySet } from "./sets/restoreFromSet.ts"
export { verifyBackup } from "./verifyBackup.ts"

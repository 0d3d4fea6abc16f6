// The public surface, listed by hand.
export { FramedbId, problemOfFramedbId } from "./domain/FramedbId.ts"
export { FramedbType, type InstanceKind, kindOf, ObjectType, parseFramedbType } from "./domain/FramedbType.ts"
export type { ContentDescription, FrameObject, ObjectInfo, ObjectSource } from "./domain/FrameObject.ts"
export type { Instance } from "./domain/Instance.ts"
export { slotCount, slotOf } from "./domain/keySlot.ts"
export { isSameLocation, type Location } from "./domain/Location.ts"
export {
  ChunkVersion,
  chunkCount,
  decodeManifest,
  encodeManifest,
  type Manifest,
  makeChunkVersion,
  statedSize,
} from "./domain/Manifest.ts"
export {
  emptyMetadata,
  type Json,
  type JsonObject,
  type Metadata,
  maxMetadataBytes,
  maxMetadataDepth,
  problemOfJson,
  problemOfMetadata,
  reservedMetadataKey,
} from "./domain/Metadata.ts"
export { problemOfNameList } from "./domain/NameList.ts"
export { isObjectKey, maxKeyBytes, ObjectKey, problemOfKey } from "./domain/ObjectKey.ts"
export { QueueName } from "./domain/QueueName.ts"
export { ReplyBytes } from "./domain/ReplyBytes.ts"
export type { ObjectRoute, StreamRoute } from "./domain/Route.ts"
export { SmallCopies } from "./domain/SmallCopies.ts"
export { deadLetterHeaders, deadLetterQueueOf, slotPrefixOf } from "./domain/StreamDeadLetter.ts"
export { compareMessageIds } from "./domain/StreamMessageId.ts"
export type { StreamEncoding, StreamQueueInfo } from "./domain/StreamQueueInfo.ts"
export { problemOfStreamStart, type StreamStart } from "./domain/StreamStart.ts"
export {
  BackendError,
  BackendName,
  BackendReason,
  type BackendReasonTag,
  backendReason,
  type Classified,
  Overloaded,
  Protocol,
  Rejected,
  Timeout,
  Unauthorized,
  Unavailable,
  Unexpected,
  withMaybeApplied,
} from "./errors/BackendError.ts"
export type { FrameDBError } from "./errors/FrameDBError.ts"
export { InstanceNotFound } from "./errors/InstanceNotFound.ts"
export { IntegrityError } from "./errors/IntegrityError.ts"
export { InvalidArgument } from "./errors/InvalidArgument.ts"
export { ObjectNotFound } from "./errors/ObjectNotFound.ts"
export { ObjectTooLarge } from "./errors/ObjectTooLarge.ts"
export * as OptionRules from "./errors/OptionRules.ts"
export { redactText, SafeCause, safeCause } from "./errors/SafeCause.ts"
export { SerializationError } from "./errors/SerializationError.ts"
export { wordsOf } from "./errors/wordsOf.ts"
export { CacheInvalidation, type InvalidationSignal } from "./ports/CacheInvalidation.ts"
export {
  type Chunk,
  type ChunkCommit,
  type ChunkLimits,
  type ChunkName,
  type ChunkRange,
  type ChunkStore,
  type ChunkTimes,
  type CollectStep,
  type CommitOutcome,
  defaultChunkTimes,
  type RemoveCondition,
  type StoredForm,
} from "./ports/ChunkStore.ts"
export { ClusterRegistry } from "./ports/ClusterRegistry.ts"
export { Moments } from "./ports/Moments.ts"
export { type CachedObject, type CacheMoment, type CacheStats, ObjectCache } from "./ports/ObjectCache.ts"
export {
  maxRoutesPerLookup,
  ObjectRouting,
  type Registered,
  type RemovedRoute,
  type RouteQuery,
} from "./ports/ObjectRouting.ts"
export {
  type ListedObject,
  ObjectStorage,
  type ObjectStorageService,
  type StorageAttributes,
  type StorageBody,
  type StorageCapabilities,
  type StoragePutOptions,
  type StoragePutOutcome,
  type StorageRange,
  type StoredInfo,
  type StoredObject,
} from "./ports/ObjectStorage.ts"
export type { ObjectConnection, ObjectStore, StoredValues, StoreEntry, StoreLimits } from "./ports/ObjectStore.ts"
export { maxPendingKeys, type Pending, PendingKeys } from "./ports/PendingKeys.ts"
export {
  type ConsumerOptions,
  type PublishBatch,
  publishBatchesInFlight,
  type QueueConsumer,
  type QueueDelivery,
  type QueueEntry,
  type QueueLimits,
  type QueueRelease,
  type QueueStore,
  type QueueTail,
  type Received,
  type ReceiveOptions,
} from "./ports/QueueStore.ts"
export { RedisBackend, type RedisConnection } from "./ports/RedisBackend.ts"
export {
  maxHeaderBytes,
  type NackOptions,
  noHeaders,
  problemOfHeaders,
  reservedHeaderPrefix,
  type StreamHeaders,
  type StreamMessage,
  type TailMessage,
} from "./ports/StreamMessage.ts"
export { StreamRouting } from "./ports/StreamRouting.ts"
export { TiDBBackend, type TiDBConnection } from "./ports/TiDBBackend.ts"
export { CallCount, layer as trafficLayer, Traffic, TrafficCounts } from "./ports/Traffic.ts"
export {
  type BackupCalls,
  type BackupError,
  BackupOperations,
  type BackupRequest,
  type BackupStop,
  type BackupStorageOptions,
  type PruneRequest,
  type RestoreError,
  type RestoreRequest,
  type VerifyRequest,
} from "./programs/backups/BackupOperations.ts"
export type {
  BackupObject,
  BackupProperties,
  BackupSink,
  BackupSource,
  RestoredObject,
} from "./programs/backups/BackupSource.ts"
export * as Backups from "./programs/backups/Backups.ts"
export type { BackupFailure, BackupOptions } from "./programs/backups/backupToObjectStorage.ts"
export type { BackedUpObject, ListBackupsOptions } from "./programs/backups/listBackups.ts"
export type { RestoreFailure, RestoreOptions, RestoreTarget } from "./programs/backups/restoreFromBackup.ts"
export type { BackupSetOptions } from "./programs/backups/sets/backupToSet.ts"
export type { ListedSet, ListSetsOptions } from "./programs/backups/sets/listSets.ts"
export type { PruneOptions, PruneReport } from "./programs/backups/sets/pruneSets.ts"
export type { RestoreSetOptions, VerifySetOptions } from "./programs/backups/sets/restoreFromSet.ts"
export type { SetFailure } from "./programs/backups/sets/SetRun.ts"
export type { VerifyOptions } from "./programs/backups/verifyBackup.ts"
export type {
  BulkBounds,
  BulkBudget,
  BulkDone,
  BulkKeys,
  BulkProgress,
  BulkReport,
  BulkResult,
  BulkTotals,
} from "./programs/bulk/Bulk.ts"
export * as Bulk from "./programs/bulk/Bulk.ts"
export { type BulkBackupOptions, type CopyCalls, CopyOperations } from "./programs/copies/CopyOperations.ts"
export type { CopyError } from "./programs/copies/copyObject.ts"
export type { QueueCalls } from "./programs/FrameDB.ts"
export { FrameDB, type GetObjectError, type SetObjectError } from "./programs/FrameDB.ts"
export {
  defaultOptions,
  type FrameDBOptions,
  optionsConfig as programOptionsConfig,
} from "./programs/FrameDBOptions.ts"
export * as FrameDBPrograms from "./programs/FrameDBPrograms.ts"
export type { Resume } from "./programs/instances/Batcher.ts"
export { type ConnectError, Connections } from "./programs/instances/Connections.ts"
export type { CollectGarbageOptions, GarbageReport } from "./programs/large/collectGarbage.ts"
export type { ReadChunksError } from "./programs/large/readChunked.ts"
export { type ByteSource, toByteStream } from "./programs/large/toByteStream.ts"
export type { ListObjectsQuery } from "./programs/objects/listObjects.ts"
export { ObjectReader, type ReadError } from "./programs/objects/ObjectReader.ts"
export { ObjectWriter, type WriteError } from "./programs/objects/ObjectWriter.ts"
export type { ByteRange, OpenObject, ReadObjectError, ReadObjectOptions } from "./programs/objects/ReadObject.ts"
export type { ReadManyError } from "./programs/objects/readMany.ts"
export {
  type ObjectTarget,
  type ObjectToSet,
  problemOfInput,
  type SetObjectInput,
  takeOver,
} from "./programs/objects/SetObject.ts"
export type { FrameValue, GetValueOptions, SetValueOptions } from "./programs/objects/values.ts"
export type { WriteObjectTarget } from "./programs/objects/WriteObject.ts"
export type { Listener } from "./programs/queues/Listener.ts"
export type { ListenOptions } from "./programs/queues/ListenOptions.ts"
export { MessageIterator, type MessageIteratorOptions } from "./programs/queues/MessageIterator.ts"
export type { PublishError } from "./programs/queues/Publisher.ts"
export type { PublishOptions } from "./programs/queues/PublishOptions.ts"
export { QueueOperations } from "./programs/queues/QueueOperations.ts"
export type { OpenQueues, QueueError, QueuePeek, QueueResolver } from "./programs/queues/QueueResolver.ts"
export type { QueueInfoOptions, RedriveOptions } from "./programs/queues/Queues.ts"
export * as Queues from "./programs/queues/Queues.ts"
export { queueLastPoll, queueReconnects } from "./programs/queues/queueMetrics.ts"
export type { TailOptions } from "./programs/queues/tail.ts"
export { retriesMetric } from "./programs/retrying.ts"
export { Routes } from "./programs/routes/Routes.ts"
export * as FrameDBMetrics from "./programs/stats/Metrics.ts"
export { type BatchStats, type FrameDBStats, Stats } from "./programs/stats/Stats.ts"
export { steadyNow } from "./programs/steadyClock.ts"
export { isPickle } from "./serializers/detect.ts"
export { Serializer } from "./serializers/Serializer.ts"
export { type Deserializer, serializerFor } from "./serializers/serializerFor.ts"
export * as CustomObjectStorage from "./storage/CustomObjectStorage.ts"
export { collectBytes, joinBytes, type ReadBytes, type ReadBytesOptions, readBytes } from "./storage/collectBytes.ts"
export * as FolderObjectStorage from "./storage/FolderObjectStorage.ts"
export * as MemoryObjectStorage from "./storage/MemoryObjectStorage.ts"
export { storageError, wrongLength } from "./storage/storageError.ts"
export { attributeBytesOf, checkPut, problemOfStorageName, spanOf } from "./storage/storageName.ts"

// The contract of every port, as suites that any implementation can be run on. Importing them needs vitest.
export { CacheInvalidationUnderTest } from "./conformance/CacheInvalidationUnderTest.ts"
export { type CacheInvalidationSuiteOptions, cacheInvalidationSuite } from "./conformance/cacheInvalidationSuite.ts"
export {
  type ChunkStoreSuiteOptions,
  ChunksUnderTest,
  chunkStoreSuite,
  chunkTimesUnderTest,
} from "./conformance/chunkStoreSuite.ts"
export { type ClusterRegistrySuiteOptions, clusterRegistrySuite } from "./conformance/clusterRegistrySuite.ts"
export { type FrameDBInstances, type FrameDBSuiteOptions, frameDBSuite } from "./conformance/frameDBSuite.ts"
export { ObjectStoreUnderTest } from "./conformance/ObjectStoreUnderTest.ts"
export { type ObjectCacheSuiteOptions, objectCacheSuite } from "./conformance/objectCacheSuite.ts"
export { type ObjectRoutingSuiteOptions, objectRoutingSuite } from "./conformance/objectRoutingSuite.ts"
export {
  type ObjectStorageCapability,
  type ObjectStorageSuiteOptions,
  objectStorageSuite,
} from "./conformance/objectStorageSuite.ts"
export { type ObjectStoreSuiteOptions, objectStoreSuite } from "./conformance/objectStoreSuite.ts"
export { QueueStoreUnderTest } from "./conformance/QueueStoreUnderTest.ts"
export { type QueueSuiteOptions, queueSuite } from "./conformance/queueSuite.ts"
export { type StreamRoutingSuiteOptions, streamRoutingSuite } from "./conformance/streamRoutingSuite.ts"

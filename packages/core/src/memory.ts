// In-memory implementations of every port, listed by hand. Each has its options type, `make` and `layer`.
export * as MemoryClusterRegistry from "./memory/MemoryClusterRegistry.ts"
export * as MemoryObjectRouting from "./memory/MemoryObjectRouting.ts"
export * as MemoryObjectStore from "./memory/MemoryObjectStore.ts"
export * as MemoryQueueStore from "./memory/MemoryQueueStore.ts"
export * as MemoryRedisBackend from "./memory/MemoryRedisBackend.ts"
export * as MemoryStreamRouting from "./memory/MemoryStreamRouting.ts"
export * as MemoryTiDBBackend from "./memory/MemoryTiDBBackend.ts"
export * as NoObjectCache from "./memory/NoObjectCache.ts"

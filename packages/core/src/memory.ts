// In-memory implementations of every port, listed by hand. Each has its options type, `make` and `layer`.
export * as MemoryObjectStore from "./memory/MemoryObjectStore.ts"
export * as MemoryRedisBackend from "./memory/MemoryRedisBackend.ts"
export * as MemoryTiDBBackend from "./memory/MemoryTiDBBackend.ts"

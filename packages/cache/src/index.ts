export { ENTRY_OVERHEAD_BYTES, entrySizeBytes } from "./entrySize.ts"
export { LfuCache } from "./LfuCache.ts"
export type { Departure, LfuCacheOptions, LfuCacheStats } from "./LfuCacheOptions.ts"
export * as LfuObjectCache from "./LfuObjectCache.ts"

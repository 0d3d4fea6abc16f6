// The public surface, listed by hand.
export * as RedisCacheInvalidation from "./invalidation/RedisCacheInvalidation.ts"
export { redisLimits } from "./objects/RedisObjects.ts"
export * as RedisLive from "./RedisLive.ts"
export { optionsConfig, problemOfOptions, type RedisOptions, type RedisTlsOptions } from "./RedisOptions.ts"
export { ClusterMetadata, SentinelMetadata } from "./RedisTopology.ts"

/** Redis instances in this process's memory: the data lives as long as the layer, whatever connections come and go. */
import * as Layer from "effect/Layer"
import { RedisBackend } from "../ports/RedisBackend.ts"
import * as MemoryBackend from "./MemoryBackend.ts"

/** How in-memory Redis instances behave. */
export interface MemoryRedisBackendOptions extends MemoryBackend.MemoryBackendOptions {}

/** Makes a backend without any instance; one comes into being when it is first opened. */
export const make = (options: MemoryRedisBackendOptions = {}): RedisBackend["Service"] =>
  MemoryBackend.make("redis", options)

/** Provides in-memory Redis instances. Each build of the layer has its own. */
export const layer = (options: MemoryRedisBackendOptions = {}): Layer.Layer<RedisBackend> =>
  Layer.sync(RedisBackend, () => make(options))

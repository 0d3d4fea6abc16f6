/** Redis instances in this process's memory: the data lives as long as the layer, whatever connections come and go. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { FramedbId } from "../domain/FramedbId.ts"
import type { QueueName } from "../domain/QueueName.ts"
import { RedisBackend } from "../ports/RedisBackend.ts"
import * as MemoryBackend from "./MemoryBackend.ts"
import type { MemoryQueue } from "./MemoryQueue.ts"
import * as MemoryQueueStore from "./MemoryQueueStore.ts"

/** How in-memory Redis instances behave. */
export interface MemoryRedisBackendOptions extends MemoryBackend.MemoryBackendOptions {}

/** Makes a backend without any instance; one comes into being when it is first opened. */
export const make = (options: MemoryRedisBackendOptions = {}): RedisBackend["Service"] => {
  const objects = MemoryBackend.make("redis", options)
  const instances = new Map<FramedbId, Map<QueueName, MemoryQueue>>()
  return {
    open: Effect.fnUntraced(function* (instance) {
      const connection = yield* objects.open(instance)
      const queues = instances.get(instance.framedbId) ?? new Map<QueueName, MemoryQueue>()
      instances.set(instance.framedbId, queues)
      return {
        objects: connection.objects,
        chunks: connection.chunks,
        ping: connection.ping,
        queues: MemoryQueueStore.make({ instance: instance.framedbId, queues }),
      }
    }),
  }
}

/** Provides in-memory Redis instances. Each build of the layer has its own. */
export const layer = (options: MemoryRedisBackendOptions = {}): Layer.Layer<RedisBackend> =>
  Layer.sync(RedisBackend, () => make(options))

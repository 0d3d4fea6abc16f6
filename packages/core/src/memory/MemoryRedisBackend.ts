/** Redis instances in this process's memory: the data lives as long as the layer, whatever connections come and go. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { FramedbId } from "../domain/FramedbId.ts"
import type { ObjectKey } from "../domain/ObjectKey.ts"
import type { QueueName } from "../domain/QueueName.ts"
import { BackendError, Rejected } from "../errors/BackendError.ts"
import type { ObjectStore } from "../ports/ObjectStore.ts"
import type { QueueStore } from "../ports/QueueStore.ts"
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
        objects: besideQueues(connection.objects, instance.framedbId, queues),
        chunks: connection.chunks,
        ping: connection.ping,
        queues: besideObjects(
          MemoryQueueStore.make({ instance: instance.framedbId, queues }),
          instance.framedbId,
          connection.objects,
        ),
      }
    }),
  }
}

const wrongType = (framedbId: FramedbId, operation: string, message: string) =>
  new BackendError({
    backend: "redis",
    operation,
    instance: framedbId,
    reason: new Rejected({ message, code: "WRONGTYPE" }),
    maybeApplied: false,
  })

/** Objects and queues share one space of names, as the keys of a Redis database do. */
const besideQueues = (
  objects: ObjectStore,
  framedbId: FramedbId,
  queues: ReadonlyMap<string, MemoryQueue>,
): ObjectStore => ({
  limits: objects.limits,
  getMany: objects.getMany,
  setMany: objects.setMany,
  replaceMany: objects.replaceMany,
  insertMany: (entries) =>
    Effect.suspend(() => {
      const own = entries.filter(({ key }) => !queues.has(key))
      return Effect.map(objects.insertMany(own), (found) => {
        const held = new Set(own.flatMap(({ key }, index) => (found[index] === true ? [key] : [])))
        return entries.map(({ key }) => held.has(key))
      })
    }),
  sizeMany: (keys) =>
    Effect.suspend(() =>
      keys.some((key) => queues.has(key))
        ? Effect.fail(wrongType(framedbId, "sizeMany", "the key holds a queue"))
        : objects.sizeMany(keys),
    ),
  deleteMany: objects.deleteMany,
  deleteManyIfEqual: objects.deleteManyIfEqual,
})

const besideObjects = (queues: QueueStore, framedbId: FramedbId, objects: ObjectStore): QueueStore => {
  const check = (operation: string, queue: QueueName) =>
    // A queue's name is a key of the same database.
    Effect.flatMap(objects.sizeMany([queue as string as ObjectKey]), ([size = Option.none()]) =>
      Option.isSome(size) ? Effect.fail(wrongType(framedbId, operation, "the key holds an object")) : Effect.void,
    )
  return {
    limits: queues.limits,
    publish: (batch) => Effect.andThen(check("publish", batch.queue), queues.publish(batch)),
    subscribe: (consumer) => Effect.andThen(check("subscribe", consumer.queue), queues.subscribe(consumer)),
    tail: (queue, from) => Effect.andThen(check("tail", queue), queues.tail(queue, from)),
    info: (queue, group) => Effect.andThen(check("info", queue), queues.info(queue, group)),
    redrive: (queue, maxMessages) => Effect.andThen(check("redrive", queue), queues.redrive(queue, maxMessages)),
  }
}

/** Provides in-memory Redis instances. Each build of the layer has its own. */
export const layer = (options: MemoryRedisBackendOptions = {}): Layer.Layer<RedisBackend> =>
  Layer.sync(RedisBackend, () => make(options))

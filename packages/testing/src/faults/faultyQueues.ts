import type { Instance, QueueConsumer, QueueStore, QueueTail } from "@framedb/core"
import * as Effect from "effect/Effect"
import { type Decide, type PortCall, through } from "./Fault.ts"

type Call = (method: string) => PortCall

const faultyConsumer = (consumer: QueueConsumer, decide: Decide, call: Call): QueueConsumer => ({
  receive: (options) => through(decide, call("receive"), consumer.receive(options)),
  acknowledge: (ids) => through(decide, call("acknowledge"), consumer.acknowledge(ids)),
  release: (releases) => through(decide, call("release"), consumer.release(releases)),
  extend: (ids, millis) => through(decide, call("extend"), consumer.extend(ids, millis)),
})

const faultyTail = (tail: QueueTail, decide: Decide, call: Call): QueueTail => ({
  receive: (options) => through(decide, call("receive"), tail.receive(options)),
})

/**
 * The queues of an instance, whose calls go through faults, those of their consumers and followers included. What a store can
 * also do without a fiber is left out, so that every call is seen.
 */
export const faultyQueues = (instance: Instance, store: QueueStore, decide: Decide): QueueStore => {
  const callOf =
    (queue: string): Call =>
    (method) => ({ backend: instance.kind, method, instance: instance.framedbId, keys: [queue] })
  return {
    limits: store.limits,
    publish: (batch) => through(decide, callOf(batch.queue)("publish"), store.publish(batch)),
    subscribe: (options) => {
      const call = callOf(options.queue)
      const subscribed = through(decide, call("subscribe"), store.subscribe(options))
      return Effect.map(subscribed, (consumer) => faultyConsumer(consumer, decide, call))
    },
    tail: (queue, from) => {
      const call = callOf(queue)
      return Effect.map(through(decide, call("tail"), store.tail(queue, from)), (tail) =>
        faultyTail(tail, decide, call),
      )
    },
    info: (queue, group) => through(decide, callOf(queue)("info"), store.info(queue, group)),
    redrive: (queue, most) => through(decide, callOf(queue)("redrive"), store.redrive(queue, most)),
  }
}

/** What can be watched of queues, each with the attributes `queue` and `framedbId`. */
import * as Metric from "effect/Metric"

/** Failures that a listener or a follower survived, such as a lost connection. */
export const queueReconnects = Metric.counter("framedb_queue_reconnects", {
  description: "failures that a listener survived",
})

/** When a listener last heard from its instance, in milliseconds since 1970: an idle one proves with it that it lives. */
export const queueLastPoll = Metric.gauge("framedb_queue_last_poll_millis", {
  description: "when a listener last heard from its instance, milliseconds since 1970",
})

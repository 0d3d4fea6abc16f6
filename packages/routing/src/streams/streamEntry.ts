/** Between a queue's route and its entry on the wire. */
import { isDeepStrictEqual } from "node:util"
import { emptyMetadata, FramedbId, QueueName, type StreamRoute } from "@framedb/core"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const decode = Schema.decodeUnknownOption(
  Schema.Struct({
    _id: Schema.optionalKey(Schema.Unknown),
    framedb_id: FramedbId,
    metadata: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  }),
)

const isQueueName = Schema.is(QueueName)

/** The queue that an entry names, under either name; `undefined` where it names none that can be used. */
export const queueOfEntry = (entry: object): QueueName | undefined => {
  if ("queue_name" in entry && isQueueName(entry.queue_name)) return entry.queue_name
  if ("_id" in entry && isQueueName(entry._id)) return entry._id
  return undefined
}

/** Reads the entry of a queue, or says why it can't be used. */
export const routeOfStreamEntry = (queue: QueueName, entry: unknown): StreamRoute | string => {
  const decoded = decode(entry)
  if (Option.isNone(decoded)) return `the entry of the queue ${JSON.stringify(queue)} is not a route`
  const { _id, framedb_id, metadata } = decoded.value
  if (_id !== undefined && _id !== queue) return `the entry of ${JSON.stringify(queue)} is that of another queue`
  return { queue, framedbId: framedb_id, metadata: metadata ?? emptyMetadata }
}

/** The fields that an update sets. */
export const fieldsOfStream = (route: StreamRoute) => ({
  queue_name: route.queue,
  framedb_id: route.framedbId,
  metadata: route.metadata,
})

/** A route as it is written. */
export const entryOfStream = (route: StreamRoute) => ({ _id: route.queue, ...fieldsOfStream(route) })

/** Whether two routes are the same on the wire. */
export const isSameStream = (left: StreamRoute, right: StreamRoute): boolean =>
  isDeepStrictEqual(JSON.parse(JSON.stringify(fieldsOfStream(left))), JSON.parse(JSON.stringify(fieldsOfStream(right))))

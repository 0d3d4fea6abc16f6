/** The name of a queue. It obeys the rules of an object's key, since both are Redis keys and routing ids. */
import * as Schema from "effect/Schema"
import { problemOfKey } from "./ObjectKey.ts"

/** How keys in Redis begin that belong to objects in chunks: a queue there would take the place of an object. */
const reservedPrefix = "framedb:{"

/** Says what is wrong with a queue's name, or `undefined` where nothing is. */
export const problemOfQueueName = (name: unknown): string | undefined => {
  if (typeof name === "string" && name.startsWith(reservedPrefix))
    return `names that begin with ${reservedPrefix} are reserved`
  return problemOfKey(name)
}

/** A validated queue name. */
export const QueueName = Schema.String.check(Schema.makeFilter((name) => problemOfQueueName(name))).pipe(
  Schema.brand("QueueName"),
)

/** A validated queue name. */
export type QueueName = typeof QueueName.Type

/** The name of a queue. It obeys the rules of an object's key, since both are Redis keys and routing ids. */
import * as Schema from "effect/Schema"
import { problemOfKey } from "./ObjectKey.ts"

/** A validated queue name. */
export const QueueName = Schema.String.check(Schema.makeFilter((name) => problemOfKey(name))).pipe(
  Schema.brand("QueueName"),
)

/** A validated queue name. */
export type QueueName = typeof QueueName.Type

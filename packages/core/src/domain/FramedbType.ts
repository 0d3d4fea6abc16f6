/** What an instance holds: objects in Redis, objects in TiDB or MySQL, or queues in Redis. */
import * as Schema from "effect/Schema"

/** The kinds of instance that hold objects. */
export const ObjectType = Schema.Literals(["in-memory", "storage"])

/** The kinds of instance that hold objects. */
export type ObjectType = typeof ObjectType.Type

/** All three kinds, as they are written on the wire. */
export const FramedbType = Schema.Literals(["in-memory", "storage", "stream"])

/** All three kinds, as they are written on the wire. */
export type FramedbType = typeof FramedbType.Type

/** The protocol that an instance speaks. */
export type InstanceKind = "redis" | "sql"

/** The protocol spoken by an instance that holds this kind: `in-memory` and `stream` live in Redis, `storage` in SQL. */
export const kindOf = (type: FramedbType): InstanceKind => (type === "storage" ? "sql" : "redis")

/** Older documents say `memory` and `persistent`; they are read, never written. */
const older: Readonly<Record<string, FramedbType>> = { memory: "in-memory", persistent: "storage" }

const isFramedbType = Schema.is(FramedbType)

/** Reads any of the five names met on the wire, or gives `undefined`. */
export const parseFramedbType = (text: string): FramedbType | undefined =>
  isFramedbType(text) ? text : Object.hasOwn(older, text) ? older[text] : undefined

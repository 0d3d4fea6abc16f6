/** The four kinds of entry: where they are kept, what names them, and what a whole one is. */
import type { JsonObject } from "@framedb/core"
import { type Collection, WireInstance, WireObject, WireStream } from "@framedb/routing"
import * as Schema from "effect/Schema"

/** A kind of entry. */
export interface EntryKind {
  readonly collection: Collection
  /** In the words of the answers. */
  readonly noun: string
  /** The field that names an entry beside `_id`. */
  readonly idField: string
  /** What an entry holds where nothing was given. */
  readonly defaults: JsonObject
  /** Whether an entry can stand alone. */
  readonly isWhole: (entry: unknown) => boolean
}

/** Where objects are. */
export const objectKind: EntryKind = {
  collection: "objects",
  noun: "object",
  idField: "object_id",
  defaults: { copies: [], size: 0, metadata: {} },
  isWhole: Schema.is(WireObject),
}

/** Where queues are. */
export const streamKind: EntryKind = {
  collection: "streams",
  noun: "stream",
  idField: "queue_name",
  defaults: { metadata: {} },
  isWhole: Schema.is(WireStream),
}

/** Redis instances. */
export const instanceKind: EntryKind = {
  collection: "instances",
  noun: "instance",
  idField: "framedb_id",
  defaults: { metadata: {}, status: "running" },
  isWhole: Schema.is(WireInstance),
}

/** SQL instances. */
export const persistentInstanceKind: EntryKind = { ...instanceKind, collection: "persistentInstances" }

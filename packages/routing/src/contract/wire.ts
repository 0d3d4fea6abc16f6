/**
 * What travels between client, server and the clients of other languages.
 *
 * Known fields are checked, fields that are not known are kept: other clients write some of their own.
 */
import { FramedbId, ObjectKey, QueueName } from "@framedb/core"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Schema from "effect/Schema"

const unknownFields = [Schema.Record(Schema.String, Schema.Json)] as const

/** Any of the five names met on the wire; the server keeps what it was given, since older clients compare texts. */
export const WireType = Schema.Literals(["in-memory", "storage", "stream", "memory", "persistent"])

/** A copy of an object. */
export const WireCopy = Schema.Struct({
  framedb_id: FramedbId,
  framedb_type: Schema.optionalKey(Schema.NullOr(WireType)),
})

/** A size in bytes. */
export const WireSize = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

const optionalMetadata = Schema.optionalKey(Schema.NullOr(Schema.JsonObject))

const objectFields = {
  framedb_id: FramedbId,
  framedb_type: WireType,
  // Python clients send `null` for what they do not know; the server keeps the default then.
  copies: Schema.optionalKey(Schema.NullOr(Schema.Array(WireCopy))),
  size: Schema.optionalKey(Schema.NullOr(WireSize)),
  metadata: optionalMetadata,
}

/** The whole entry of an object; the key under either name. */
export const WireObject = Schema.StructWithRest(
  Schema.Struct({
    ...objectFields,
    _id: Schema.optionalKey(ObjectKey),
    object_id: Schema.optionalKey(ObjectKey),
  }),
  unknownFields,
)

/** Some fields of an object's entry. */
export const WireObjectPart = Schema.StructWithRest(
  Schema.Struct({
    ...objectFields,
    framedb_id: Schema.optionalKey(FramedbId),
    framedb_type: Schema.optionalKey(WireType),
  }),
  unknownFields,
)

/** The whole entry of a queue; the name under either name. */
export const WireStream = Schema.StructWithRest(
  Schema.Struct({
    framedb_id: FramedbId,
    metadata: optionalMetadata,
    _id: Schema.optionalKey(QueueName),
    queue_name: Schema.optionalKey(QueueName),
  }),
  unknownFields,
)

/** Some fields of a queue's entry. */
export const WireStreamPart = Schema.StructWithRest(
  Schema.Struct({
    framedb_id: Schema.optionalKey(FramedbId),
    metadata: optionalMetadata,
  }),
  unknownFields,
)

const nullableText = Schema.optionalKey(Schema.NullOr(Schema.String))

/** A database instance. The URLs carry credentials. */
export const WireInstance = Schema.StructWithRest(
  Schema.Struct({
    framedb_id: FramedbId,
    node_id: nullableText,
    cluster_id: nullableText,
    public_url: nullableText,
    local_url: nullableText,
    status: Schema.optionalKey(Schema.Json),
    port: Schema.optionalKey(Schema.Json),
    storage_size: Schema.optionalKey(Schema.Json),
    metadata: optionalMetadata,
  }),
  unknownFields,
)

/** A copy that is named in a body: the place, without the object. */
export const WireCopyName = Schema.Struct({ framedb_id: FramedbId })

/** A MongoDB-style filter: the operators that the server knows are in its documentation. */
export const WireFilter = Schema.JsonObject

/** The most ids of one lookup, and entries of one batch: a page of answers stays small and its request below common limits of a proxy. */
export const maxLookupIds = 256

/** A look-up of many entries at once. */
export const WireLookup = Schema.Struct({
  ids: Schema.Array(Schema.String).check(Schema.isMaxLength(maxLookupIds)),
})

/** The most bytes of one batch of entries, each as JSON: well below the longest body that the server reads. */
export const maxBatchBytes = 1024 * 1024

/** Many entries of objects at once. */
export const WireObjects = Schema.Struct({
  entries: Schema.Array(WireObject).check(Schema.isMaxLength(maxLookupIds)),
})

/** The most entries of one page. */
export const maxPageEntries = 1_000

/** One page of a listing: entries after an id, in the store's order. */
export const WirePageRequest = Schema.Struct({
  filter: Schema.optionalKey(WireFilter),
  prefix: Schema.optionalKey(Schema.String),
  after: Schema.optionalKey(Schema.String),
  limit: Schema.optionalKey(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1), Schema.isLessThanOrEqualTo(maxPageEntries)),
  ),
})

/** Names one object in a body, where every key is possible. */
export const WireObjectName = Schema.Struct({ object_id: ObjectKey })

/** Names one queue in a body, where every name is possible. */
export const WireStreamName = Schema.Struct({ queue_name: QueueName })

/** Names an object and a copy of it. */
export const WireCopyOf = Schema.Struct({ object_id: ObjectKey, framedb_id: FramedbId })

/** Names an object and where a copy of it is. */
export const WireNewCopyOf = Schema.Struct({ object_id: ObjectKey, framedb_id: FramedbId, framedb_type: WireType })

/** Names many objects, and where a copy of each of them is. */
export const WireNewCopyOfMany = Schema.Struct({
  object_ids: Schema.Array(ObjectKey).check(Schema.isMaxLength(maxLookupIds)),
  framedb_id: FramedbId,
  framedb_type: WireType,
})

const succeeded = Schema.Literal(true)

/** What a read answers. */
export const dataOf = <S extends Schema.Constraint>(data: S) => Schema.Struct({ success: succeeded, data })

/** What a write answers. */
export const Acknowledged = Schema.Struct({
  success: succeeded,
  message: Schema.String,
  id: Schema.optionalKey(Schema.String),
})

/** What a create answers: the id is that of the entry. */
export const Created = Schema.Struct({ success: succeeded, message: Schema.String, id: Schema.String }).pipe(
  HttpApiSchema.status(201),
)

/** What every failure answers. Where a copy does not exist, `message` holds the text instead. */
export const Failed = Schema.Struct({
  success: Schema.Literal(false),
  error: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
})

/** The failures that every endpoint shares, by status. */
export const failures = [400, 401, 404, 413, 503].map((status) => Failed.pipe(HttpApiSchema.status(status)))

/** Between an object's route and its entry on the wire. */
import { isDeepStrictEqual } from "node:util"
import {
  emptyMetadata,
  FramedbId,
  isObjectKey,
  type Location,
  type ObjectKey,
  type ObjectRoute,
  ObjectType,
  parseFramedbType,
} from "@framedb/core"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

// Entries of other clients are read with what they lack, such as a size that is none; what can't be missing is where the
// object is.
const decode = Schema.decodeUnknownOption(
  Schema.Struct({
    _id: Schema.optionalKey(Schema.Unknown),
    object_id: Schema.optionalKey(Schema.Unknown),
    framedb_id: FramedbId,
    framedb_type: Schema.String,
    copies: Schema.optionalKey(
      Schema.NullOr(
        Schema.Array(
          Schema.Struct({ framedb_id: FramedbId, framedb_type: Schema.optionalKey(Schema.NullOr(Schema.String)) }),
        ),
      ),
    ),
    size: Schema.optionalKey(Schema.Unknown),
    metadata: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  }),
)

const isObjectType = Schema.is(ObjectType)

const typeOf = (text: string): ObjectType | undefined => {
  const type = parseFramedbType(text)
  return isObjectType(type) ? type : undefined
}

/** The size that an entry tells; 0, as for one that tells none, where it is no number of bytes. */
const sizeOf = (size: unknown): number =>
  typeof size === "number" && Number.isSafeInteger(size) && size > 0 ? size : 0

/** The key that an entry names, under either name; `undefined` where it names none that can be used. */
export const keyOfEntry = (entry: object): ObjectKey | undefined => {
  if ("object_id" in entry && isObjectKey(entry.object_id)) return entry.object_id
  if ("_id" in entry && isObjectKey(entry._id)) return entry._id
  return undefined
}

/** Reads the entry of a key, or says why it can't be used. */
export const routeOfEntry = (key: ObjectKey, entry: unknown): ObjectRoute | string => {
  const decoded = decode(entry)
  if (Option.isNone(decoded)) return `the entry of ${JSON.stringify(key)} is not a route`
  const { _id, framedb_id, framedb_type, copies, size, metadata } = decoded.value
  if (_id !== undefined && _id !== key) return `the entry of ${JSON.stringify(key)} is that of another object`
  const type = typeOf(framedb_type)
  if (type === undefined)
    return `the entry of ${JSON.stringify(key)} has the unknown type ${JSON.stringify(framedb_type)}`
  const places: Array<Location> = []
  for (const copy of copies ?? []) {
    // A copy without a type is of the primary's kind: so other clients look it up.
    const copyType = copy.framedb_type == null ? type : typeOf(copy.framedb_type)
    if (copyType === undefined) {
      return `a copy of ${JSON.stringify(key)} has the unknown type ${JSON.stringify(copy.framedb_type)}`
    }
    places.push({ framedbId: copy.framedb_id, type: copyType })
  }
  return {
    key,
    framedbId: framedb_id,
    type,
    copies: places,
    sizeBytes: sizeOf(size),
    metadata: metadata ?? emptyMetadata,
  }
}

/** A copy as it is written. */
export const entryOfCopy = (copy: Location) => ({ framedb_id: copy.framedbId, framedb_type: copy.type })

/** A route as it is written: the published service reads `_id`, its clients send `object_id`. */
export const entryOfRoute = (route: ObjectRoute) => ({ _id: route.key, ...fieldsOfRoute(route) })

/** A route beside what is written of it. */
export interface RouteEntry {
  readonly route: ObjectRoute
  readonly entry: ReturnType<typeof entryOfRoute>
}

/** The fields that an update sets. The published service keeps `object_id` from it, which makes listing work. */
export const fieldsOfRoute = (route: ObjectRoute) => ({
  object_id: route.key,
  ...entryOfCopy(route),
  copies: route.copies.map(entryOfCopy),
  size: route.sizeBytes,
  metadata: route.metadata,
})

const onTheWire = (route: ObjectRoute): unknown => JSON.parse(JSON.stringify(fieldsOfRoute(route)))

/** Whether two routes are the same on the wire. Most that are have the same fields already. */
export const isSameRoute = (left: ObjectRoute, right: ObjectRoute): boolean =>
  isDeepStrictEqual(fieldsOfRoute(left), fieldsOfRoute(right)) || isDeepStrictEqual(onTheWire(left), onTheWire(right))

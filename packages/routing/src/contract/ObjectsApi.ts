/** The routing service's entries of objects. */

import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { collectionPaths } from "./paths.ts"
import {
  Acknowledged,
  Created,
  dataOf,
  failures as error,
  WireCopy,
  WireCopyName,
  WireCopyOf,
  WireLookup,
  WireNewCopyOf,
  WireNewCopyOfMany,
  WireObject,
  WireObjectName,
  WireObjectPart,
  WireObjects,
  WirePageRequest,
} from "./wire.ts"

const params = { id: Schema.String }

const create = HttpApiEndpoint.post("create", "/", { payload: WireObject, success: Created, error }).annotate(
  OpenApi.Description,
  "Creates an entry; 400 with `E11000 duplicate key` where there is one.",
)

const query = HttpApiEndpoint.get("query", "/", { success: dataOf(Schema.Array(WireObject)), error }).annotate(
  OpenApi.Description,
  "Lists entries, each with its `_id`. Takes a MongoDB-style filter as a JSON body (sic, on GET) and answers at most 100,000 entries; `list` pages.",
)

const read = HttpApiEndpoint.get("read", "/:id", { params, success: dataOf(WireObject), error })

const update = HttpApiEndpoint.post("update", "/:id/update", {
  params,
  payload: WireObjectPart,
  success: Acknowledged,
  error,
}).annotate(
  OpenApi.Description,
  "Sets the given fields, 200 also when nothing changes. Creates the entry where the fields make a whole one, else 404.",
)

const remove = HttpApiEndpoint.delete("remove", "/:id", { params, success: Acknowledged, error })

const addCopy = HttpApiEndpoint.post("addCopy", "/:id/add-copy", {
  params,
  payload: WireCopy,
  success: Acknowledged,
  error,
}).annotate(OpenApi.Description, "Adds a copy; 400 where that copy exists, 404 where the object does not.")

const removeCopy = HttpApiEndpoint.post("removeCopy", "/:id/remove-copy", {
  params,
  payload: WireCopyName,
  success: Acknowledged,
  error,
})

const copyExists = HttpApiEndpoint.get("copyExists", "/:id/copy-exists/:framedbId", {
  params: { id: Schema.String, framedbId: Schema.String },
  success: Acknowledged,
  error,
})

const lookup = HttpApiEndpoint.post("lookup", "/lookup", {
  payload: WireLookup,
  success: dataOf(Schema.Array(Schema.NullOr(WireObject))),
  error,
}).annotate(OpenApi.Description, "Extension. Reads up to 256 entries, answered in the order asked, `null` for none.")

const upsert = HttpApiEndpoint.post("upsert", "/upsert", {
  payload: WireObject,
  success: dataOf(Schema.Struct({ previous: Schema.NullOr(WireObject) })),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. Makes the entry exactly this one, atomically, and answers the one that it replaced.",
)

const register = HttpApiEndpoint.post("register", "/register", {
  payload: WireObjects,
  success: dataOf(Schema.Array(Schema.NullOr(WireObject))),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. Makes up to 256 entries exactly these, each atomically, those of one id in order; answers the ones that they replaced in the order given, `null` for none. Refused as a whole where one of them is no entry.",
)

const removeNamed = HttpApiEndpoint.post("removeNamed", "/remove", {
  payload: WireObjectName,
  success: dataOf(Schema.Struct({ removed: Schema.Boolean, previous: Schema.optionalKey(Schema.NullOr(WireObject)) })),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. Removes an entry whatever its key; says whether there was one, and which. Older servers leave out `previous`.",
)

const addCopyTo = HttpApiEndpoint.post("addCopyTo", "/add-copy", {
  payload: WireNewCopyOf,
  success: dataOf(Schema.Struct({ found: Schema.Boolean })),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. Adds a copy or leaves it as it is; `found` is false where the object has no entry.",
)

const addCopyToMany = HttpApiEndpoint.post("addCopyToMany", "/add-copies", {
  payload: WireNewCopyOfMany,
  success: dataOf(Schema.Struct({ found: Schema.Array(Schema.Boolean) })),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. Adds a copy at one place to up to 256 objects, each atomically, or leaves it as it is; `found` says of each, in the order given, whether it has an entry.",
)

const removeCopyFrom = HttpApiEndpoint.post("removeCopyFrom", "/remove-copy", {
  payload: WireCopyOf,
  success: dataOf(Schema.Struct({ removed: Schema.Boolean })),
  error,
}).annotate(OpenApi.Description, "Extension. Removes a copy; says whether there was one.")

const list = HttpApiEndpoint.post("list", "/list", {
  payload: WirePageRequest,
  success: Schema.Struct({
    success: Schema.Literal(true),
    data: Schema.Array(WireObject),
    next: Schema.NullOr(Schema.String),
  }),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. One page of a listing. A page may be empty before the last one; `next` is `null` on the last, else the `after` of the next page.",
)

/** Where each object is. */
export class ObjectsApi extends HttpApiGroup.make("objects")
  .add(create, query, read, update, remove, addCopy, removeCopy, copyExists)
  .add(lookup, upsert, register, removeNamed, addCopyTo, addCopyToMany, removeCopyFrom, list)
  .prefix(collectionPaths.objects)
  .annotate(OpenApi.Description, "Where each object is.") {}

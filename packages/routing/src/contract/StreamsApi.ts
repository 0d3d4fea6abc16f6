/** The routing service's entries of queues. */

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
  WireLookup,
  WirePageRequest,
  WireStream,
  WireStreamName,
  WireStreamPart,
} from "./wire.ts"

const params = { id: Schema.String }

const create = HttpApiEndpoint.post("create", "/", { payload: WireStream, success: Created, error })

const query = HttpApiEndpoint.get("query", "/", { success: dataOf(Schema.Array(WireStream)), error }).annotate(
  OpenApi.Description,
  "Lists entries, each with its `_id`. Takes a MongoDB-style filter as a JSON body (sic, on GET) and answers at most 100,000 entries; `list` pages.",
)

const read = HttpApiEndpoint.get("read", "/:id", { params, success: dataOf(WireStream), error })

const update = HttpApiEndpoint.post("update", "/:id/update", {
  params,
  payload: WireStreamPart,
  success: Acknowledged,
  error,
}).annotate(
  OpenApi.Description,
  "Sets the given fields, 200 also when nothing changes. Creates the entry where the fields make a whole one, else 404.",
)

const remove = HttpApiEndpoint.delete("remove", "/:id", { params, success: Acknowledged, error })

const lookup = HttpApiEndpoint.post("lookup", "/lookup", {
  payload: WireLookup,
  success: dataOf(Schema.Array(Schema.NullOr(WireStream))),
  error,
}).annotate(OpenApi.Description, "Extension. Reads up to 256 entries, answered in the order asked, `null` for none.")

const upsert = HttpApiEndpoint.post("upsert", "/upsert", {
  payload: WireStream,
  success: dataOf(Schema.Struct({ previous: Schema.NullOr(WireStream) })),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. Makes the entry exactly this one, atomically, and answers the one that it replaced.",
)

const removeNamed = HttpApiEndpoint.post("removeNamed", "/remove", {
  payload: WireStreamName,
  success: dataOf(Schema.Struct({ removed: Schema.Boolean, previous: Schema.optionalKey(Schema.NullOr(WireStream)) })),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. Removes an entry whatever its name; says whether there was one, and which. Older servers leave out `previous`.",
)

const list = HttpApiEndpoint.post("list", "/list", {
  payload: WirePageRequest,
  success: Schema.Struct({
    success: Schema.Literal(true),
    data: Schema.Array(WireStream),
    next: Schema.NullOr(Schema.String),
  }),
  error,
}).annotate(
  OpenApi.Description,
  "Extension. One page of a listing. A page may be empty before the last one; `next` is `null` on the last, else the `after` of the next page.",
)

/** Where each queue is. */
export class StreamsApi extends HttpApiGroup.make("streams")
  .add(create, query, read, update, remove)
  .add(lookup, upsert, removeNamed, list)
  .prefix(collectionPaths.streams)
  .annotate(OpenApi.Description, "Where each queue is.") {}

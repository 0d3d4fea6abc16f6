import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import { Failed } from "./wire.ts"

const health = HttpApiEndpoint.get("health", "/health", {
  success: Schema.Struct({ success: Schema.Literal(true), message: Schema.String }),
  error: Failed.pipe(HttpApiSchema.status(503)),
}).annotate(OpenApi.Description, "200 while the server reaches its store, else 503. Asks for no token.")

/** Whether the server can do its work. */
export class HealthApi extends HttpApiGroup.make("health", { topLevel: true }).add(health) {}

import { FrameDBApi } from "@framedb/routing"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { RouteStore } from "../store/RouteStore.ts"
import { answer } from "./answers.ts"

const healthy = HttpServerResponse.jsonUnsafe({ success: true, message: "ok" })

/** Whether the server reaches its store. */
export const healthHandlers = HttpApiBuilder.group(
  FrameDBApi,
  "health",
  Effect.fnUntraced(function* (handlers) {
    const store = yield* RouteStore
    return handlers.handleRaw("health", () => answer(Effect.as(store.ping, healthy)))
  }),
)

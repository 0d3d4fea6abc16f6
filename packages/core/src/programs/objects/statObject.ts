/** Questions about an object that don't read its bytes. They always ask: a remembered route would answer for the past. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { type ConnectError, Connections } from "../instances/Connections.ts"
import { retrying } from "../retrying.ts"
import { Routes } from "../routes/Routes.ts"
import { infoOfRoute } from "./infoOfRoute.ts"

/** Builds the programs. */
export const makeStat = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const routes = yield* Routes
  const connections = yield* Connections
  const repeat = retrying(options)

  const info = Effect.fn("FrameDB.statObject")(function* (key: ObjectKey) {
    const route = yield* repeat(routes.lookup(key))
    return Option.isSome(route) ? infoOfRoute(route.value) : yield* new ObjectNotFound({ key })
  })

  const isAt = (key: ObjectKey, place: Location) =>
    connections.use(place, (opened) => Effect.map(opened.sizes.request(key, 0), Option.isSome))

  const exists = Effect.fn("FrameDB.objectExists")(function* (key: ObjectKey) {
    const route = yield* repeat(routes.lookup(key))
    if (Option.isNone(route)) return false
    let failure: ConnectError | undefined
    for (const place of [route.value, ...route.value.copies]) {
      const found = yield* Effect.result(repeat(isAt(key, place)))
      if (found._tag === "Failure") failure ??= found.failure
      else if (found.success) return true
    }
    return failure === undefined ? false : yield* Effect.fail(failure)
  })

  return { info, exists }
})

import type { ObjectRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Decide, through } from "./Fault.ts"

/** Routing of objects whose calls go through faults. */
export const faultyRouting = (routing: ObjectRouting["Service"], decide: Decide): ObjectRouting["Service"] => {
  const call = (method: string, keys: ReadonlyArray<string>) => ({ backend: "routing", method, keys }) as const
  return {
    findMany: (keys) => through(decide, call("findMany", keys), routing.findMany(keys)),
    register: (route) => through(decide, call("register", [route.key]), routing.register(route)),
    remove: (key) => through(decide, call("remove", [key]), routing.remove(key)),
    addCopy: (key, copy) => through(decide, call("addCopy", [key]), routing.addCopy(key, copy)),
    removeCopy: (key, framedbId) => through(decide, call("removeCopy", [key]), routing.removeCopy(key, framedbId)),
    list: (query) => Stream.unwrap(through(decide, call("list", []), streamed(routing.list(query)))),
  }
}

const streamed = <A, E>(stream: Stream.Stream<A, E>) => Effect.succeed(stream)

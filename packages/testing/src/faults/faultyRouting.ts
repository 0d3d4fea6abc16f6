import type { ObjectRoute, ObjectRouting, Registered, StreamRouting } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { registerRoute } from "../registerRoute.ts"
import { type Decide, through } from "./Fault.ts"

/** Routing of objects whose calls go through faults; of a batch of registrations each is a `register` of its own. */
export const faultyRouting = (routing: ObjectRouting["Service"], decide: Decide): ObjectRouting["Service"] => {
  const call = (method: string, keys: ReadonlyArray<string>) => ({ backend: "routing", method, keys }) as const
  return {
    findMany: (keys) => through(decide, call("findMany", keys), routing.findMany(keys)),
    registerMany: (routes) => registerMany(routing, decide, routes),
    remove: (key) => through(decide, call("remove", [key]), routing.remove(key)),
    addCopy: (key, copy) => through(decide, call("addCopy", [key]), routing.addCopy(key, copy)),
    addCopies: (keys, copy) => through(decide, call("addCopies", keys), routing.addCopies(keys, copy)),
    removeCopy: (key, framedbId) => through(decide, call("removeCopy", [key]), routing.removeCopy(key, framedbId)),
    list: (query) => Stream.unwrap(through(decide, call("list", []), streamed(routing.list(query)))),
  }
}

/** Routing of queues whose calls go through faults. */
export const faultyStreamRouting = (routing: StreamRouting["Service"], decide: Decide): StreamRouting["Service"] => {
  const call = (method: string, keys: ReadonlyArray<string>) => ({ backend: "routing", method, keys }) as const
  return {
    find: (queue) => through(decide, call("find", [queue]), routing.find(queue)),
    register: (route) => through(decide, call("register", [route.queue]), routing.register(route)),
    remove: (queue) => through(decide, call("remove", [queue]), routing.remove(queue)),
    list: Stream.unwrap(through(decide, call("list", []), streamed(routing.list))),
  }
}

const streamed = <A, E>(stream: Stream.Stream<A, E>) => Effect.succeed(stream)

/** Registers what is let be in one batch, and what is befallen one by one. */
const registerMany = Effect.fnUntraced(function* (
  routing: ObjectRouting["Service"],
  decide: Decide,
  routes: ReadonlyArray<ObjectRoute>,
): Effect.fn.Return<ReadonlyArray<Registered>> {
  const decided = routes.map((route) => {
    const call = { backend: "routing", method: "register", keys: [route.key] } as const
    return { route, call, fault: decide(call) }
  })
  const spared = decided.filter(({ fault }) => fault === undefined)
  const hit = decided.filter(({ fault }) => fault !== undefined)
  const each = Effect.forEach(
    hit,
    ({ route, call, fault }) => Effect.result(through(() => fault, call, registerRoute(routing, route))),
    { concurrency: "unbounded" },
  )
  const together = routing.registerMany(spared.map(({ route }) => route))
  const [answers, failures] = yield* Effect.all([together, each], { concurrency: 2 })
  const ended = [...answers, ...failures]
  const outcomes = new Map([...spared, ...hit].map((one, index) => [one, ended[index]]))
  return decided.flatMap((one) => outcomes.get(one) ?? [])
})

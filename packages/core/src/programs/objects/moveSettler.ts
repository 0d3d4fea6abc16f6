/**
 * What an overwrite leaves to be done elsewhere: the old bytes of an object that moved are removed, its copies are
 * rewritten and registered again.
 *
 * None of it can undo the write, which is registered by now: what fails is logged, and leaves at worst bytes that no
 * route names. A copy is unregistered before it is rewritten, so that no failure leaves a stale one in a route.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import type { StoreEntry } from "../../ports/ObjectStore.ts"
import type { Connections } from "../instances/Connections.ts"
import type { retrying } from "../retrying.ts"
import type { Routes } from "../routes/Routes.ts"

interface Services {
  readonly routes: Routes["Service"]
  readonly connections: Connections["Service"]
  readonly repeat: ReturnType<typeof retrying>
}

/** Gives the program, which answers with the copies that are registered when it ends. */
export const moveSettler = ({ routes, connections, repeat }: Services) => {
  const removeAt = (key: ObjectKey, place: Location) =>
    repeat(connections.use(place, (opened) => opened.deletes.request(key, 0)))

  const writeAt = (entry: StoreEntry, place: Location) =>
    repeat(connections.use(place, (opened) => opened.sets.request(entry, entry.data.byteLength)))

  const rewriteCopy = (object: StoreEntry, place: Location) =>
    Effect.andThen(writeAt(object, place), repeat(routes.addCopy(object.key, place)))

  const logged = (what: string, key: ObjectKey, place: Location) =>
    Effect.catch((error: { readonly message: string }) =>
      Effect.as(Effect.logWarning(`${what} of ${key} on ${place.framedbId}: ${error.message}`), false),
    )

  const keepCopy = Effect.fnUntraced(function* (object: StoreEntry, place: Location) {
    const isKept = yield* rewriteCopy(object, place).pipe(logged("a copy was not rewritten", object.key, place))
    if (!isKept) yield* removeAt(object.key, place).pipe(logged("a stale copy was left", object.key, place))
    return isKept ? Option.some(place) : Option.none<Location>()
  })

  /**
   * Another id may name the same database, and another client may have moved the object back meanwhile: after anything
   * was removed elsewhere, the bytes must still be here.
   */
  const makeSure = Effect.fnUntraced(function* (object: StoreEntry & Location) {
    const size = yield* repeat(connections.use(object, (opened) => opened.sizes.request(object.key, 0)))
    if (Option.isNone(size)) yield* writeAt(object, object)
  })

  return Effect.fnUntraced(function* (object: StoreEntry & Location, previous: ObjectRoute) {
    const hasMoved = !isSameLocation(previous, object)
    const copies = previous.copies.filter((copy) => !isSameLocation(copy, object))
    if (!hasMoved && copies.length === 0) return []
    if (hasMoved) yield* removeAt(object.key, previous).pipe(logged("old bytes were left", object.key, previous))
    const kept = yield* Effect.forEach(copies, (copy) => keepCopy(object, copy), { concurrency: 4 })
    yield* makeSure(object)
    return kept.filter(Option.isSome).map((copy) => copy.value)
  })
}

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
import type { ChunkVersion } from "../../domain/Manifest.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import type { StoreEntry } from "../../ports/ObjectStore.ts"
import type { Connections } from "../instances/Connections.ts"
import { repeatingHarmless, type retrying } from "../retrying.ts"
import type { Routes } from "../routes/Routes.ts"

interface Services {
  readonly routes: Routes["Service"]
  readonly connections: Connections["Service"]
  readonly repeat: ReturnType<typeof retrying>
}

const isEqual = (left: Uint8Array, right: Uint8Array): boolean =>
  left.byteLength === right.byteLength && Buffer.compare(left, right) === 0

/** Gives the program, which answers with the copies that are registered when it ends. */
export const moveSettler = ({ routes, connections, repeat, ask, writeBytes }: Services) => {
  const removeAt = (key: ObjectKey, place: Location) =>
    repeat(connections.use(place, (opened) => opened.deletes.request(key, 0)))

  /** Another id may name the same database: what was just written there is not what is removed. */
  const removeOld = ({ key, version }: Written, place: Location) =>
    version === undefined
      ? removeAt(key, place)
      : ask(place, (store) => store.remove(key, { _tag: "Unless", version }))

  const rewriteCopy = ({ key, source }: Written, place: Location) =>
    Effect.andThen(writeBytes(key, place, source), repeat(routes.addCopy(key, place)))

  const logged = (what: string, key: ObjectKey, place: Location) =>
    Effect.catch((error: { readonly message: string }) =>
      Effect.as(Effect.logWarning(`${what} of ${key} on ${place.framedbId}: ${error.message}`), false),
    )

  const keepCopy = Effect.fnUntraced(function* (object: Written, place: Location) {
    const isKept = yield* rewriteCopy(object, place).pipe(logged("a copy was not rewritten", object.key, place))
    if (!isKept) yield* removeAt(object.key, place).pipe(logged("a stale copy was left", object.key, place))
    return isKept ? Option.some(place) : Option.none<Location>()
  })

  /**
   * Another id may name the same database, and another client may have moved the object back meanwhile: after anything
   * was removed elsewhere, the bytes must still be here. Of chunks only other versions were removed.
   */
  const makeSure = Effect.fnUntraced(function* ({ key, place, source, version }: Written) {
    if (version !== undefined) return
    const size = yield* repeat(connections.use(place, (opened) => opened.sizes.request(key, 0)))
    if (Option.isNone(size)) yield* writeBytes(key, place, source)
  })

  return Effect.fnUntraced(function* (object: Written, previous: ObjectRoute) {
    const { key, place } = object
    const hasMoved = !isSameLocation(previous, place)
    const copies = previous.copies.filter((copy) => !isSameLocation(copy, place))
    if (!hasMoved && copies.length === 0) return []
    if (hasMoved) yield* removeOld(object, previous).pipe(logged("old bytes were left", key, previous))
    const kept = yield* Effect.forEach(copies, (copy) => keepCopy(object, copy), { concurrency: 4 })
    yield* makeSure(object)
    return kept.filter(Option.isSome).map((copy) => copy.value)
  })
}

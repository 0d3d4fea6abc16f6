/**
 * What an overwrite leaves to be done elsewhere: the old bytes of an object that moved are removed, its copies are
 * rewritten and registered again.
 *
 * None of it can undo the write, which is registered by now: what fails is logged, and leaves at worst bytes that no
 * route names. A copy is unregistered before it is rewritten, so that no failure leaves a stale one in a route; one that
 * another overwrite has made stale meanwhile is unregistered again. One that another process makes within its `routeConfirmMillis`,
 * believing the route as it was, is not seen here: to wait for it would make every overwrite of an object with copies a second long.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ChunkVersion } from "../../domain/Manifest.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import type { AskChunks, ChunkServices } from "../large/placedChunks.ts"
import type { ReadChunksError } from "../large/readChunked.ts"
import { bytesInMemory, type ObjectBytes, type WriteBytes } from "../large/writeBytes.ts"
import { repeatingHarmless } from "../retrying.ts"
import type { Routes } from "../routes/Routes.ts"
import { Contested } from "./contested.ts"

interface Services extends ChunkServices {
  readonly routes: Routes["Service"]
  readonly ask: AskChunks
  readonly writeBytes: WriteBytes
}

/** An object that was written and registered. */
export interface Written {
  readonly key: ObjectKey
  readonly place: Location
  readonly source: ObjectBytes<ReadChunksError>
  /** The version of an object in chunks, or the bytes of a plain one: what its place holds while nobody overwrites it. */
  readonly held: ChunkVersion | Uint8Array
}

const isEqual = (left: Uint8Array, right: Uint8Array): boolean =>
  left.byteLength === right.byteLength && Buffer.compare(left, right) === 0

/** Gives the programs, which answer with the copies that are registered when they end. */
export const moveSettler = ({ routes, connections, repeat, ask, writeBytes }: Services) => {
  const repeatHarmless = repeatingHarmless(repeat)

  const removeAt = (key: ObjectKey, place: Location) =>
    repeat(connections.use(place, (opened) => opened.deletes.request(key, 0)))

  /** Another id may name the same database: what was just written there is not what is removed. */
  const removeOld = ({ key, held }: Written, place: Location) =>
    typeof held === "string"
      ? ask(place, (store) => store.remove(key, { _tag: "Unless", version: held }))
      : removeAt(key, place)

  const isStillThere = ({ key, place, held }: Written) =>
    typeof held === "string"
      ? Effect.map(
          ask(place, (store) => store.find(key)),
          (form) => Option.isSome(form) && form.value._tag === "Chunked" && form.value.manifest.includes(held),
        )
      : Effect.map(
          repeat(connections.use(place, (opened) => opened.gets.request(key, held.byteLength))),
          (data) => Option.isSome(data) && isEqual(data.value, held),
        )

  const logged = (what: string, key: ObjectKey, place: Location) =>
    Effect.catch((error: { readonly message: string }) =>
      Effect.as(Effect.logWarning(`${what} of ${key} on ${place.framedbId}: ${error.message}`), false),
    )

  /** Registers a copy that was rewritten. One that may be registered keeps its bytes; one that surely is not loses them. */
  const registerCopy = (key: ObjectKey, place: Location) =>
    Effect.tapError(repeatHarmless(routes.addCopy(key, place)), ({ maybeApplied }) =>
      maybeApplied ? Effect.void : removeStale(key, place),
    )

  const removeStale = (key: ObjectKey, place: Location) =>
    removeAt(key, place).pipe(logged("a stale copy was left", key, place))

  /** Unregisters a copy that was registered after another overwrite had begun: whose bytes it has nobody knows. */
  const checkCopy = Effect.fnUntraced(function* (object: Written, place: Location) {
    if (yield* isStillThere(object)) return true
    yield* repeatHarmless(routes.removeCopy(object.key, place.framedbId))
    return false
  })

  const keepCopy = Effect.fnUntraced(function* (object: Written, place: Location) {
    const { key, source } = object
    const isKept = yield* writeBytes(key, place, source).pipe(
      Effect.tapError(() => removeStale(key, place)),
      Effect.andThen(registerCopy(key, place)),
      Effect.andThen((isRegistered) =>
        isRegistered ? checkCopy(object, place) : Effect.as(removeStale(key, place), false),
      ),
      logged("a copy was not kept", key, place),
    )
    return isKept ? Option.some(place) : Option.none<Location>()
  })

  const isPlace = (key: ObjectKey, place: Location) =>
    Effect.map(repeat(routes.lookup(key)), (route) => Option.isSome(route) && isSameLocation(route.value, place))

  /**
   * Another id may name the same database, and another client may have moved the object back meanwhile: after anything
   * was removed elsewhere, the bytes must still be here. Of chunks only other versions were removed. Where somebody has
   * moved or removed the object since, it is they who cleared this place, and it stays clear.
   */
  const makeSure = Effect.fnUntraced(function* ({ key, place, held }: Written) {
    if (typeof held === "string") return
    const size = yield* repeat(connections.use(place, (opened) => opened.sizes.request(key, 0)))
    if (Option.isSome(size) || !(yield* isPlace(key, place))) return
    yield* writeBytes(key, place, bytesInMemory(held))
    if (yield* isPlace(key, place)) return
    const entry = { key, data: new Uint8Array(held) }
    yield* repeat(connections.use(place, (opened) => opened.connection.objects.deleteIfEqual(entry)))
  })

  /** Removes what a move left behind; `Contested` where somebody moved the object back there meanwhile. */
  const leave = Effect.fnUntraced(function* (object: Written, previous: Location) {
    const { key } = object
    yield* removeOld(object, previous).pipe(logged("old bytes were left", key, previous))
    const route = yield* repeat(routes.lookup(key))
    if (Option.isSome(route) && isSameLocation(route.value, previous)) return yield* Effect.fail(new Contested())
  })

  /** Bytes without a route were overwritten: whoever has just removed the object may have removed the new ones, too. */
  const settleUnrouted = (object: Written) => Effect.as(makeSure(object), [])

  const settle = Effect.fnUntraced(function* (object: Written, previous: ObjectRoute) {
    const { place } = object
    const hasMoved = !isSameLocation(previous, place)
    const copies = previous.copies.filter((copy) => !isSameLocation(copy, place))
    if (!hasMoved && copies.length === 0) return []
    if (hasMoved) yield* leave(object, previous)
    yield* makeSure(object)
    const kept = yield* Effect.forEach(copies, (copy) => keepCopy(object, copy), { concurrency: 4 })
    return kept.filter(Option.isSome).map((copy) => copy.value)
  })

  return { settle, settleUnrouted }
}

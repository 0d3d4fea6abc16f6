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
import type { BackendError } from "../../errors/BackendError.ts"
import { sha256 } from "../backups/digest.ts"
import { isSeen, type Seen } from "../copies/seenContent.ts"
import type { ConnectError } from "../instances/Connections.ts"
import { bytesInMemory, type InsertBytes, type ObjectBytes } from "../large/insertBytes.ts"
import type { AskChunks, ChunkServices } from "../large/placedChunks.ts"
import type { ReadChunksError } from "../large/readChunked.ts"
import { makeClearPlace } from "../places/clearPlace.ts"
import { repeatingHarmless } from "../retrying.ts"
import type { Routes } from "../routes/Routes.ts"
import { Contested } from "./contested.ts"

interface Services extends ChunkServices {
  readonly routes: Routes["Service"]
  readonly ask: AskChunks
  readonly insertBytes: InsertBytes
}

/** An object that was written and registered. */
export interface Written {
  readonly key: ObjectKey
  readonly place: Location
  readonly source: ObjectBytes<ReadChunksError>
  /** The version of an object in chunks, or the bytes of a plain one: what its place holds while nobody overwrites it. */
  readonly held: ChunkVersion | Uint8Array
}

/** Old bytes that can't be removed are left, and told. */
const unlessContested = (key: ObjectKey, place: Location) =>
  Effect.catch((error: ConnectError | Contested) =>
    error instanceof Contested
      ? Effect.fail(error)
      : Effect.logWarning(`old bytes were left of ${key} on ${place.framedbId}: ${error.message}`),
  )

/** Gives the programs, which answer with the copies that are registered when they end. */
export const moveSettler = (services: Services) => {
  const { routes, connections, repeat, ask, insertBytes } = services
  const repeatHarmless = repeatingHarmless(repeat)
  const clearPlace = makeClearPlace(services)

  const exceptOf = ({ held, source: { sizeBytes } }: Written) =>
    typeof held === "string" ? { sizeBytes, except: held } : { sizeBytes }

  /** What a place holds of plain bytes, by their digest where the instance can tell that. */
  const seenAt = (key: ObjectKey, place: Location, sizeBytes: number): Effect.Effect<Seen, ConnectError> =>
    repeat(
      connections.use(place, ({ connection: { objects }, gets }): Effect.Effect<Seen, BackendError> => {
        if (objects.digestMany === undefined) return gets.request(key, sizeBytes)
        return Effect.map(objects.digestMany([key]), ([seen = Option.none()]) => seen)
      }),
    )

  const isStillThere = ({ key, place, held }: Written) =>
    typeof held === "string"
      ? Effect.map(
          ask(place, (store) => store.find(key)),
          (form) => Option.isSome(form) && form.value._tag === "Chunked" && form.value.manifest.includes(held),
        )
      : Effect.map(seenAt(key, place, held.byteLength), (seen) => isSeen(seen, held, () => sha256(held)))

  const logged = (what: string, key: ObjectKey, place: Location) =>
    Effect.catch((error: { readonly message: string }) =>
      Effect.as(Effect.logWarning(`${what} of ${key} on ${place.framedbId}: ${error.message}`), false),
    )

  const removeStale = ({ key, source: { sizeBytes } }: Written, place: Location) =>
    clearPlace(key, place, { sizeBytes }).pipe(logged("a stale copy was left", key, place))

  /** Registers a copy that was rewritten. One that may be registered keeps its bytes; one that surely is not loses them. */
  const registerCopy = (object: Written, place: Location) =>
    Effect.tapError(repeatHarmless(routes.addCopy(object.key, place)), ({ maybeApplied }) =>
      maybeApplied ? Effect.void : removeStale(object, place),
    )

  /** Unregisters a copy that was registered after another overwrite had begun: whose bytes it has nobody knows. */
  const checkCopy = Effect.fnUntraced(function* (object: Written, place: Location) {
    if (yield* isStillThere(object)) return true
    yield* repeatHarmless(routes.removeCopy(object.key, place.framedbId))
    return false
  })

  /** Puts the new bytes in the place of the old ones; `false` where somebody else has made it the object's place meanwhile. */
  const rewrite = Effect.fnUntraced(function* ({ key, held, source }: Written, place: Location) {
    const cleared = yield* clearPlace(key, place, { sizeBytes: source.sizeBytes, except: held })
    return cleared === "cleared" && (yield* insertBytes(key, place, source))
  })

  const keepCopy = Effect.fnUntraced(function* (object: Written, place: Location) {
    const isKept = yield* rewrite(object, place).pipe(
      Effect.tapError(() => removeStale(object, place)),
      Effect.flatMap((isWritten) => (isWritten ? registerCopy(object, place) : Effect.succeed(false))),
      Effect.flatMap((isRegistered) =>
        isRegistered ? checkCopy(object, place) : Effect.as(removeStale(object, place), false),
      ),
      logged("a copy was not kept", object.key, place),
    )
    return isKept ? Option.some(place) : Option.none<Location>()
  })

  const isPlace = (key: ObjectKey, place: Location) =>
    Effect.map(repeat(routes.lookup(key)), (route) => Option.isSome(route) && isSameLocation(route.value, place))

  /**
   * Another id may name the same database, and a client that clears or fills what it took for a copy's place may have met these
   * bytes before their route (`clearPlace.ts`): they must still be here before the write is acknowledged. Where something
   * else is here it may be that client's, so that all of it is written again. Where somebody has moved or removed the
   * object since, it is they who cleared this place, and it stays clear.
   */
  const makeSure = Effect.fnUntraced(function* (object: Written) {
    const { key, place, held } = object
    if ((yield* isStillThere(object)) || !(yield* isPlace(key, place))) return
    if (typeof held === "string") return yield* Effect.fail(new Contested())
    if (!(yield* insertBytes(key, place, bytesInMemory(held)))) return yield* Effect.fail(new Contested())
    if (yield* isPlace(key, place)) return
    const entry = { key, data: new Uint8Array(held) }
    yield* repeat(connections.use(place, (opened) => opened.equalDeletes.request(entry, entry.data.byteLength)))
  })

  /**
   * Removes what a move left behind. Where somebody has moved the object back there meanwhile, theirs is the later write. Where
   * somebody overwrites it there all the time, because they believe an old route, it is removed whatever it is: they would
   * go on for as long as they find anything. `Contested` where it was their place again after all.
   */
  const leave = Effect.fnUntraced(function* (object: Written, previous: Location) {
    const { key } = object
    if ((yield* clearPlace(key, previous, exceptOf(object))) !== "restless") return
    yield* repeat(connections.use(previous, (opened) => opened.deletes.request(key, 0)))
    if (yield* isPlace(key, previous)) return yield* Effect.fail(new Contested())
  })

  /** Bytes without a route were overwritten: whoever has just removed the object may have removed the new ones, too. */
  const settleUnrouted = (object: Written) => Effect.as(makeSure(object), [])

  const settle = Effect.fnUntraced(function* (object: Written, previous: ObjectRoute) {
    const { key, place } = object
    const hasMoved = !isSameLocation(previous, place)
    const copies = previous.copies.filter((copy) => !isSameLocation(copy, place))
    if (!hasMoved && copies.length === 0) return []
    if (hasMoved) yield* leave(object, previous).pipe(unlessContested(key, previous))
    yield* makeSure(object)
    const kept = yield* Effect.forEach(copies, (copy) => keepCopy(object, copy), { concurrency: 4 })
    return kept.filter(Option.isSome).map((copy) => copy.value)
  })

  return { settle, settleUnrouted }
}

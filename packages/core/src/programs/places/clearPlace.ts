/**
 * Removes what lies at a place that is no object's place any more, and never what another client has put there since.
 *
 * A route and the bytes that it names are in two services, so that no store can know whether a place is still free to be cleared.
 * Three things together keep a newer object whole:
 *
 * - Only exactly what was seen is removed, and only when the route, looked at after that, names the place neither as the
 *   primary's nor as a copy's. So newer bytes of any other content stay.
 * - Bytes may be seen before their route, or be the same as those that were seen. So the route is looked at once more
 *   afterwards, and where it names the place now, what was removed is put back, unless something is there again.
 * - Whoever moves an object looks, once it is registered and before that is acknowledged, whether its bytes are still there
 *   (`moveSettler.ts`). That covers the routes which are registered after the second look.
 *
 * What is left is a client that dies between its removal and its second look while another one registers just these bytes
 * there; clients of another kind, which don't look, and take longer from their bytes to their route than all of this takes; and an
 * object that is deleted and set anew, whose writer has no reason to look, between the second look and what then is inserted.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import { type ChunkVersion, decodeManifest } from "../../domain/Manifest.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { BackendError } from "../../errors/BackendError.ts"
import { sameBytes } from "../copies/sameContent.ts"
import type { ConnectError } from "../instances/Connections.ts"
import type { AskChunks, ChunkServices } from "../large/placedChunks.ts"
import type { Routes } from "../routes/Routes.ts"
import { makeFindOccupant, type Occupant } from "./Occupant.ts"

interface Services extends ChunkServices {
  readonly routes: Routes["Service"]
  readonly ask: AskChunks
}

/**
 * How it ended: `named` where the route names the place, which keeps what it has; `restless` where something else was
 * there each time that it was looked at.
 */
export type Cleared = "cleared" | "named" | "restless"

/** What to leave alone, and what helps to look. */
export interface ClearOptions {
  /** What stays: another id may name the database that it was just written to, or it is what shall be there. */
  readonly except?: ChunkVersion | Uint8Array
  /** What a value may have there, in bytes. Default 0. */
  readonly sizeBytes?: number
}

/** Beyond so many changes between two steps somebody writes there all the time. */
const maxRounds = 4

const isExcepted = (seen: Occupant, except: ClearOptions["except"]): boolean => {
  if (except === undefined) return false
  if (seen._tag === "Chunked") return seen.version === except
  return typeof except !== "string" && sameBytes(seen.data, except)
}

const isNamed = (route: Option.Option<ObjectRoute>, place: Location): boolean =>
  Option.isSome(route) && [route.value, ...route.value.copies].some((named) => isSameLocation(named, place))

/** Gives the program. */
export const makeClearPlace = ({ routes, ask, connections, repeat }: Services) => {
  const findOccupant = makeFindOccupant(ask, { connections, repeat })
  const isNamedNow = (key: ObjectKey, place: Location) =>
    Effect.map(repeat(routes.lookup(key)), (route) => isNamed(route, place))

  const removeExactly = (key: ObjectKey, place: Location, seen: Occupant): Effect.Effect<boolean, ConnectError> => {
    if (seen._tag === "Plain") {
      const { data } = seen
      return repeat(connections.use(place, (opened) => opened.equalDeletes.request({ key, data }, data.byteLength)))
    }
    const { version } = seen
    // What names no version can't be read by anybody.
    return ask(place, (store) => store.remove(key, version === undefined ? { _tag: "Any" } : { _tag: "Only", version }))
  }

  const putBack = (key: ObjectKey, place: Location, removed: Occupant): Effect.Effect<unknown, ConnectError> => {
    if (removed._tag === "Plain") {
      const { data } = removed
      return repeat(connections.use(place, (opened) => opened.inserts.request({ key, data }, data.byteLength)))
    }
    const decoded = decodeManifest(key, removed.manifest)
    if (Result.isFailure(decoded)) return Effect.void
    const { version, checksums } = decoded.success
    const { manifest } = removed
    return ask(place, (store) => store.commit({ key, version, chunks: checksums.length, manifest, isInsert: true }))
  }

  /** Removes what was seen where the route doesn't name the place. Nothing comes between that and the second look. */
  const remove = Effect.fnUntraced(function* (
    key: ObjectKey,
    place: Location,
    seen: Occupant,
  ): Effect.fn.Return<Cleared, ConnectError> {
    const removed = yield* Effect.result(removeExactly(key, place, seen))
    const error = Result.isFailure(removed) ? removed.failure : undefined
    const mayBeGone =
      error === undefined
        ? Result.isSuccess(removed) && removed.success
        : error instanceof BackendError && error.maybeApplied
    if (!mayBeGone) return error === undefined ? "restless" : yield* error
    const back = putBack(key, place, seen)
    const mustGoBack = yield* Effect.tapError(isNamedNow(key, place), () => Effect.ignore(back))
    if (mustGoBack) yield* back
    if (error !== undefined) return yield* error
    return mustGoBack ? "named" : "cleared"
  }, Effect.uninterruptible)

  return Effect.fnUntraced(function* (
    key: ObjectKey,
    place: Location,
    { except, sizeBytes = 0 }: ClearOptions = {},
  ): Effect.fn.Return<Cleared, ConnectError> {
    for (let round = 0; round < maxRounds; round++) {
      const seen = yield* findOccupant(key, place, sizeBytes)
      if (Option.isNone(seen)) return "cleared"
      if (isExcepted(seen.value, except)) return "cleared"
      if (yield* isNamedNow(key, place)) return "named"
      const ended = yield* remove(key, place, seen.value)
      if (ended !== "restless") return ended
    }
    return "restless"
  })
}

/** Clears a place. */
export type ClearPlace = ReturnType<typeof makeClearPlace>

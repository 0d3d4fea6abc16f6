/**
 * Copies one object of any size to another instance, and registers the copy.
 *
 * A copy is registered only when it was read back and found to be what the primary held, and stays registered only when the
 * primary still holds that afterwards: whoever overwrites the object meanwhile either sees the copy in the route and
 * rewrites it, or is seen here. While it is written nothing points to it. It is inserted, never written over anything: somebody
 * may have made the target the primary's place since the route was looked at.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { QueueName } from "../../domain/QueueName.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { IntegrityError } from "../../errors/IntegrityError.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import type { ReadChunksError } from "../large/readChunked.ts"
import { loadStored, type StoredBytes, sizeOfStored, streamStored } from "../large/StoredBytes.ts"
import { problemOfFit } from "../objects/placing.ts"
import { repeatingHarmless } from "../retrying.ts"
import type { DescribedRoute } from "../routes/Routes.ts"
import type { CopyServices } from "./CopyServices.ts"
import { type CopyWatch, heldIn } from "./CopyWatch.ts"
import { isUnchanged, sameContent } from "./sameContent.ts"

/** What copying an object can fail with. */
export type CopyError = ReadChunksError | ObjectNotFound | ObjectTooLarge

/** What became of it. */
export interface Copied {
  /** `skipped` where a registered copy was there and the same. */
  readonly status: "succeeded" | "skipped"
  readonly route: DescribedRoute
  readonly sizeBytes: number
  /** What to look at once more (`unsettledCopies.ts`), where the copy was made or registered. */
  readonly watch?: CopyWatch
}

/** How often an object is copied anew that changes while it is copied. */
export const maxRounds = 4

const queueRefusal = (key: ObjectKey) =>
  new InvalidArgument({
    argument: "key",
    message:
      `${JSON.stringify(key)} is a queue: its messages are taken by one listener each, and a copy would give them out` +
      " twice; follow it with tail, or let its instance replicate",
  })

const primaryRefusal = (place: Location) =>
  new InvalidArgument({ argument: "targetFramedbId", message: `the object already lives on ${place.framedbId}` })

/** The failure of an object that is overwritten too often to be copied. */
export const restless = (key: ObjectKey, place: Location) =>
  new BackendError({
    backend: place.type === "storage" ? "sql" : "redis",
    operation: "createBackup",
    instance: place.framedbId,
    reason: backendReason("Overloaded", `${key} is overwritten faster than it can be copied`),
    maybeApplied: false,
  })

const notAsWritten = (key: ObjectKey, place: Location) =>
  new IntegrityError({ key, message: `the copy on ${place.framedbId} is not what was written` })

/** What came of one attempt: `changed` where somebody else wrote meanwhile, `different` where what was read back is. */
type Attempt = Copied | "changed" | "different"

/** Gives the program. */
export const makeCopyObject = ({ routes, connections, repeat, ask, find, findQueue, ...services }: CopyServices) => {
  const { clearPlace, insertBytes } = services
  const repeatHarmless = repeatingHarmless(repeat)
  const findAt = (key: ObjectKey, place: Location, sizeBytes: number) => repeat(find(key, place, sizeBytes))

  const isCopyOf = (route: DescribedRoute, target: Location) =>
    route.copies.some((copy) => isSameLocation(copy, target))

  const routeOf = Effect.fnUntraced(function* (key: ObjectKey, target: Location) {
    const route = yield* repeat(routes.lookup(key))
    if (Option.isNone(route)) {
      // Objects and queues obey the same rules of naming.
      const queue = yield* findQueue(key as string as QueueName)
      return yield* Option.isSome(queue) ? queueRefusal(key) : new ObjectNotFound({ key })
    }
    if (!isSameLocation(route.value, target)) return route.value
    // Registered while the object moved to where the copy was.
    if (isCopyOf(route.value, target)) yield* repeatHarmless(routes.removeCopy(key, target.framedbId))
    return yield* primaryRefusal(target)
  })

  /** Whether what is read back, all of it, is what was written. */
  const isVerified = Effect.fnUntraced(function* (key: ObjectKey, source: StoredBytes, target: Location) {
    const written = yield* findAt(key, target, sizeOfStored(source))
    if (Option.isNone(written) || !sameContent(source, written.value)) return false
    const whole = { start: 0, end: sizeOfStored(written.value) }
    if (written.value._tag === "Chunked") yield* Stream.runDrain(streamStored(ask, written.value, whole))
    return true
  })

  /** Writes where nothing is, once what was seen there is gone: what another client has put there since stays. */
  const write = Effect.fnUntraced(function* (
    route: DescribedRoute,
    source: StoredBytes,
    target: Location,
    isFree: boolean,
  ) {
    const { key } = route
    const problem = yield* repeat(
      connections.use(target, (opened) => Effect.succeed(problemOfFit({ ...target, key }, opened))),
    )
    if (problem !== undefined) return yield* problem
    // A copy that is not current is in nobody's way while it is written.
    if (isCopyOf(route, target)) yield* repeatHarmless(routes.removeCopy(key, target.framedbId))
    const sizeBytes = sizeOfStored(source)
    if (!isFree && (yield* clearPlace(key, target, { sizeBytes })) !== "cleared") return "changed"
    const stream = streamStored(ask, source, { start: 0, end: sizeBytes })
    const isThere = yield* insertBytes(key, target, { sizeBytes, stream, bytes: loadStored(ask, source) })
    if (!isThere) return "changed"
    return (yield* isVerified(key, source, target)) ? "written" : "different"
  })

  /** Whether the primary is where it was, and holds what was copied. */
  const isCurrent = Effect.fnUntraced(function* (route: DescribedRoute, source: StoredBytes) {
    const now = yield* repeat(routes.lookup(route.key))
    if (Option.isNone(now) || !isSameLocation(now.value, route)) return false
    const held = yield* findAt(route.key, route, sizeOfStored(source))
    return Option.isSome(held) && isUnchanged(source, held.value)
  })

  /** Registers a copy, and takes it back where the object has changed meanwhile. */
  const register = Effect.fnUntraced(function* (route: DescribedRoute, source: StoredBytes, target: Location) {
    const { key, framedbId, type } = route
    const isRegistered = yield* repeatHarmless(routes.addCopy(key, target))
    if (isRegistered && (yield* isCurrent(route, source))) {
      const copies = [...route.copies.filter((copy) => !isSameLocation(copy, target)), target]
      const sizeBytes = sizeOfStored(source)
      const watch: CopyWatch = { key, source: { framedbId, type }, target, sizeBytes, held: heldIn(source) }
      const copied: Copied = { status: "succeeded", route: { ...route, copies }, sizeBytes, watch }
      return copied
    }
    if (isRegistered) yield* repeatHarmless(routes.removeCopy(key, target.framedbId))
    return "changed" as const
  })

  const attempt = Effect.fnUntraced(function* (key: ObjectKey, target: Location): Effect.fn.Return<Attempt, CopyError> {
    const route = yield* routeOf(key, target)
    const source = yield* findAt(key, route, route.sizeBytes)
    if (Option.isNone(source)) {
      const now = yield* repeat(routes.lookup(key))
      const hasMoved = Option.isSome(now) && !isSameLocation(now.value, route)
      return hasMoved ? "changed" : yield* new ObjectNotFound({ key })
    }
    const there = yield* findAt(key, target, route.sizeBytes)
    const isDone = Option.isSome(there) && sameContent(source.value, there.value)
    const sizeBytes = sizeOfStored(source.value)
    if (isDone && isCopyOf(route, target)) return { status: "skipped", route, sizeBytes }
    const written = isDone ? "written" : yield* write(route, source.value, target, Option.isNone(there))
    return written === "written" ? yield* register(route, source.value, target) : written
  })

  return Effect.fnUntraced(function* (key: ObjectKey, target: Location): Effect.fn.Return<Copied, CopyError> {
    let last: Attempt = "changed"
    for (let round = 0; round < maxRounds; round++) {
      last = yield* attempt(key, target)
      if (typeof last === "object") return last
    }
    return yield* last === "different" ? notAsWritten(key, target) : restless(key, target)
  })
}

/** Copies one object. */
export type CopyObject = ReturnType<typeof makeCopyObject>

/**
 * Looks at copies once more, when every client that may have believed a route without them has looked at the routes again.
 *
 * A client overwrites an object without looking at its route for as long as it has just done so (`routeConfirmMillis`). One
 * that did before a copy was registered doesn't know of it, and leaves it as it was. After that time whoever overwrites
 * the object sees its copies, so a copy that is right then stays right.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { maxRoutesPerLookup, type ObjectRouting } from "../../ports/ObjectRouting.ts"
import { bulkKeysOf, cutBatches, groupByPlace } from "../bulk/routeBatches.ts"
import type { CopyServices } from "./CopyServices.ts"
import { type CopyWatch, heldIn } from "./CopyWatch.ts"
import { isDigestSeen, lookAt } from "./seenContent.ts"

interface Services extends CopyServices {
  readonly routing: ObjectRouting["Service"]
}

/** How many batches, and objects in chunks, are looked at at once. */
const looksInFlight = 4

/** Whether an object is where it was when it was copied, its copy still registered. */
const isInPlace = (route: ObjectRoute, { source, target }: CopyWatch): boolean =>
  isSameLocation(route, source) && route.copies.some((copy) => isSameLocation(copy, target))

/** Gives the program that finds the copies which are not known to be right. What can't be looked at is among them. */
export const makeFindUnsettled = ({ connections, find, repeat, routing }: Services) => {
  const limitsAt = (place: Location) =>
    repeat(connections.use(place, ({ connection }) => Effect.succeed(connection.objects.limits)))

  const areHeld = (place: Location, batch: ReadonlyArray<CopyWatch>) =>
    Effect.map(
      repeat(
        connections.use(place, ({ connection }) =>
          lookAt(
            connection.objects,
            batch.map(({ key }) => key),
          ),
        ),
      ),
      (seen) => batch.filter(({ held }, index) => isDigestSeen(seen[index], held)),
    )

  const isHeld = ({ key, source, sizeBytes, held }: CopyWatch) =>
    Effect.map(repeat(find(key, source, sizeBytes)), (stored) => Option.isSome(stored) && heldIn(stored.value) === held)

  /** The keys at one place whose primary holds what it held. */
  const heldAt = Effect.fnUntraced(function* (place: Location, group: ReadonlyArray<ObjectRoute & CopyWatch>) {
    const limits = yield* limitsAt(place)
    const bounds = { ...limits, batchKeys: bulkKeysOf(limits) }
    const plain = group.filter(({ sizeBytes }) => sizeBytes <= limits.inlineBytes)
    const ofBatch = (batch: ReadonlyArray<CopyWatch>) =>
      Effect.orElseSucceed(areHeld(place, batch), (): ReadonlyArray<CopyWatch> => [])
    const ofOne = (watch: CopyWatch) => Effect.orElseSucceed(isHeld(watch), () => false)
    const held = yield* Effect.forEach(cutBatches(plain, bounds), ofBatch, { concurrency: looksInFlight })
    const confirmed = new Set(held.flat().map(({ key }) => key))
    // Among them may be small objects too: the limit has been raised since they were stored in chunks.
    const others = group.filter(({ key }) => !confirmed.has(key))
    const found = yield* Effect.forEach(others, ofOne, { concurrency: looksInFlight })
    return [...confirmed, ...others.filter((_, index) => found[index]).map(({ key }) => key)]
  })

  const settledOf = Effect.fnUntraced(function* (watches: ReadonlyArray<CopyWatch>) {
    const routes = yield* repeat(routing.findMany(watches.map(({ key }) => key)))
    const inPlace = watches.flatMap((watch, index) => {
      const route = Option.getOrUndefined(routes[index] ?? Option.none())
      return route !== undefined && isInPlace(route, watch) ? [{ ...route, ...watch }] : []
    })
    const held = yield* Effect.forEach(groupByPlace(inPlace), ([place, group]) =>
      Effect.orElseSucceed(heldAt(place, group), (): ReadonlyArray<ObjectKey> => []),
    )
    return held.flat()
  })

  return Effect.fnUntraced(function* (watches: ReadonlyArray<CopyWatch>) {
    const settled = new Set<ObjectKey>()
    for (let start = 0; start < watches.length; start += maxRoutesPerLookup) {
      const some = settledOf(watches.slice(start, start + maxRoutesPerLookup))
      for (const key of yield* Effect.orElseSucceed(some, (): ReadonlyArray<ObjectKey> => [])) settled.add(key)
    }
    return watches.filter(({ key }) => !settled.has(key))
  })
}

/** Finds the copies which are not known to be right. */
export type FindUnsettled = ReturnType<typeof makeFindUnsettled>

/**
 * Copies of many objects: keys are taken in windows, looked up together, and those that are plain on both sides are copied
 * in batches; everything else one by one. Bounded in keys and in bytes. While one window waits for other clients to see its
 * copies, the next ones are copied.
 *
 * Keys are taken in order wherever all of them are at hand: a SQL server appends rows that come in the order of its
 * primary key for a third of what rows cost it that come at random, as keys of random UUIDs do.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import { isObjectKey, type ObjectKey, problemOfKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { maxRoutesPerLookup, type ObjectRouting } from "../../ports/ObjectRouting.ts"
import type { StoreLimits } from "../../ports/ObjectStore.ts"
import {
  type BulkBounds,
  type BulkBudget,
  type BulkKeys,
  type BulkProgress,
  type BulkResult,
  completeBounds,
  makeBudget,
  streamOfKeys,
  withTotals,
} from "../bulk/Bulk.ts"
import { isSizeUnknown, makeMeasureUnknown } from "../bulk/measureUnknown.ts"
import { type BatchBounds, bulkKeysOf, cutBatches, groupByPlace } from "../bulk/routeBatches.ts"
import type { CopyServices } from "./CopyServices.ts"
import type { CopyWatch } from "./CopyWatch.ts"
import type { CopyBatch, CopyMany } from "./copyBatch.ts"
import type { CopyError, CopyObject } from "./copyObject.ts"
import type { FindUnsettled } from "./unsettledCopies.ts"

/** The keys worked on at once where the caller names no bound: four windows. */
const defaultConcurrency = 4 * maxRoutesPerLookup

/**
 * Batches under way at once in a whole operation, whatever the windows: 16 batches that write to one table at a time took
 * four times as long as 4.
 */
const batchesInFlight = 4

/** Objects that are copied one by one in a window. */
const aloneInFlight = 4

/** The most bytes that one object holds while it is streamed. */
const streamedBytes = 16 * 1024 * 1024

/** Windows that wait at once for other clients to see their copies: 16,384 keys, without their bytes. */
const windowsSettling = 64

type Result = BulkResult<CopyError>

/** What became of one key, and what of it is to be looked at once more. */
type Ended = Result & { readonly watch?: CopyWatch }

/** A window whose copies are made. */
interface EndedWindow {
  readonly ended: ReadonlyArray<Ended>
  readonly endedAtMillis: number
}

/** What the windows of one operation share. */
interface Shared {
  readonly target: Location
  readonly budget: BulkBudget
  readonly batches: Semaphore.Semaphore
}

interface BulkCopyServices extends CopyServices {
  readonly routing: ObjectRouting["Service"]
  readonly copyObject: CopyObject
  readonly copyMany: CopyMany
  readonly copySettled: CopyObject
  readonly findUnsettled: FindUnsettled
}

/** Keys that are put in order at a time: of UUIDs some 6 MiB. */
const keysInOrder = 65_536

/** Keys in order, where they are at hand: those that a stream brings are taken as they come. */
const inOrder = <E>(keys: BulkKeys<E>): Stream.Stream<string, E> => {
  const stream = streamOfKeys(keys)
  if (Stream.isStream(keys)) return stream
  return stream.pipe(
    Stream.rechunk(keysInOrder),
    // What is no text is refused later, as its key's own failure.
    Stream.mapArray((some) => (some.every((key) => typeof key === "string") ? Arr.sort(some, Order.String) : some)),
  )
}

/** What is held of a batch is bounded by its bytes; each instance is asked in parts of the keys that it takes. */
const joint = (left: StoreLimits, right: StoreLimits): BatchBounds & Pick<StoreLimits, "inlineBytes"> => ({
  inlineBytes: Math.min(left.inlineBytes, right.inlineBytes),
  batchKeys: Math.max(bulkKeysOf(left), bulkKeysOf(right)),
  batchBytes: Math.min(left.batchBytes, right.batchBytes),
})

const notKeys = (keys: ReadonlyArray<string>): ReadonlyArray<Result> =>
  keys.flatMap((key) => {
    const message = problemOfKey(key)
    if (message === undefined) return []
    return [{ status: "failed", key, error: new InvalidArgument({ argument: "keys", message }) }]
  })

/** Gives the program. */
export const makeBulkCopy = (services: BulkCopyServices) => {
  const { routing, connections, repeat, copyObject, copyMany, copySettled, findUnsettled, settleMillis } = services
  const measureUnknown = makeMeasureUnknown({ connections, repeat })
  const limitsAt = (place: Location) =>
    repeat(connections.use(place, ({ connection }) => Effect.succeed(connection.objects.limits)))

  const alone = (key: ObjectKey, { target, budget }: Shared, sizeBytes: number): Effect.Effect<Ended> =>
    Effect.match(budget.holding(Math.min(sizeBytes, streamedBytes))(copyObject(key, target)), {
      onSuccess: ({ status, sizeBytes, watch }) => ({
        status,
        key,
        sizeBytes,
        ...(watch === undefined ? {} : { watch }),
      }),
      onFailure: (error) => ({ status: "failed", key, error }),
    })

  /** Copies anew what was overwritten by a client that did not see the copy. */
  const again = ({ key, target }: CopyWatch): Effect.Effect<Result> =>
    Effect.match(copySettled(key, target), {
      onSuccess: ({ sizeBytes }) => ({ status: "succeeded", key, sizeBytes }),
      onFailure: (error) => ({ status: "failed", key, error }),
    })

  const settle = Effect.fnUntraced(function* ({ ended, endedAtMillis }: EndedWindow) {
    const watches = ended.flatMap(({ watch }) => watch ?? [])
    if (watches.length === 0 || settleMillis === 0) return ended
    const now = yield* Clock.currentTimeMillis
    yield* Effect.sleep(Math.max(0, endedAtMillis + settleMillis - now))
    const anew = yield* Effect.forEach(yield* findUnsettled(watches), again, { concurrency: aloneInFlight })
    const ofKeys = new Map(anew.map((result) => [result.key, result]))
    return ended.map((result): Ended => ofKeys.get(result.key) ?? result)
  })

  /** Copies what can be copied in batches, and gives the keys that are left. */
  const together = Effect.fnUntraced(function* (
    routes: ReadonlyArray<ObjectRoute>,
    { target, budget, batches }: Shared,
  ) {
    const [first] = routes
    if (first === undefined) return []
    const limits = joint(yield* limitsAt(first), yield* limitsAt(target))
    const measured = yield* measureUnknown(routes)
    // In order, so that each batch keeps to its own part of a table.
    const plain = measured
      .filter(({ sizeBytes }) => sizeBytes <= limits.inlineBytes)
      .sort((left, right) => (left.key < right.key ? -1 : 1))
    const run = (batch: CopyBatch) => {
      const bytes = batch.routes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      return Effect.map(batches.withPermit(budget.holding(bytes)(copyMany(batch))), (outcomes) =>
        outcomes.flatMap((outcome, index): ReadonlyArray<Ended> => {
          const key = batch.routes[index]?.key
          return outcome === undefined || key === undefined ? [] : [{ ...outcome, key }]
        }),
      )
    }
    const cut = cutBatches(plain, limits).map((routes) => ({ source: first, target, routes }))
    const done = yield* Effect.forEach(cut, run, { concurrency: batchesInFlight })
    return done.flat()
  })

  const groupsOf = (routes: ReadonlyArray<ObjectRoute>, target: Location) =>
    groupByPlace(
      routes.filter((route) => !isSameLocation(route, target)),
      ({ copies }) => String(copies.some((copy) => isSameLocation(copy, target))),
    )

  const copyWindow = Effect.fnUntraced(function* (keys: ReadonlyArray<string>, shared: Shared) {
    const valid = [...new Set(keys.filter(isObjectKey))]
    // What fails here fails for each key again, which then has it as its own.
    const found = yield* Effect.orElseSucceed(
      repeat(routing.findMany(valid)),
      (): ReadonlyArray<Option.Option<ObjectRoute>> => [],
    )
    const routes = found.flatMap(Option.toArray)
    const attempts = groupsOf(routes, shared.target).map(([, group]) =>
      Effect.orElseSucceed(together(group, shared), (): ReadonlyArray<Ended> => []),
    )
    const done = (yield* Effect.all(attempts, { concurrency: 4 })).flat()
    const settled = new Set(done.map(({ key }) => key))
    const sizes = new Map(
      routes.map((route) => [route.key, isSizeUnknown(route) ? streamedBytes : route.sizeBytes] as const),
    )
    const left = valid.filter((key) => !settled.has(key))
    const rest = yield* Effect.forEach(left, (key) => alone(key, shared, sizes.get(key) ?? 0), {
      concurrency: aloneInFlight,
    })
    const window: EndedWindow = {
      ended: [...done, ...rest, ...notKeys(keys)],
      endedAtMillis: yield* Clock.currentTimeMillis,
    }
    return window
  })

  return <EK>(
    keys: BulkKeys<EK>,
    target: Location,
    bounds: BulkBounds = {},
  ): Stream.Stream<BulkProgress<CopyError>, EK> =>
    Stream.suspend(() => {
      const shared: Shared = { target, budget: makeBudget(bounds), batches: Semaphore.makeUnsafe(batchesInFlight) }
      const { concurrency } = completeBounds({ ...bounds, concurrency: bounds.concurrency ?? defaultConcurrency })
      const windowKeys = Math.min(concurrency, maxRoutesPerLookup)
      const results = inOrder(keys).pipe(
        Stream.grouped(windowKeys),
        Stream.mapEffect((window) => copyWindow(window, shared), {
          concurrency: Math.max(1, Math.floor(concurrency / windowKeys)),
          unordered: true,
        }),
        Stream.mapEffect(settle, { concurrency: windowsSettling, unordered: true }),
        Stream.flattenIterable,
        Stream.map(({ watch: _, ...result }): Result => result),
      )
      return withTotals(results)
    })
}

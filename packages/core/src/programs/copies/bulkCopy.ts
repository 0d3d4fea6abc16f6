/**
 * Copies of many objects: keys are taken in windows, looked up together, and those that are plain on both sides are copied
 * in batches; everything else one by one. Bounded in keys and in bytes.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
import type { CopyServices } from "./CopyServices.ts"
import type { CopyBatch, CopyMany } from "./copyBatch.ts"
import type { CopyError, CopyObject } from "./copyObject.ts"

/** The keys worked on at once where the caller names no bound: four windows. */
const defaultConcurrency = 4 * maxRoutesPerLookup

/** Objects that are copied one by one in a window. */
const aloneInFlight = 4

/** The most bytes that one object holds while it is streamed. */
const streamedBytes = 16 * 1024 * 1024

type Result = BulkResult<CopyError>

interface BulkCopyServices extends CopyServices {
  readonly routing: ObjectRouting["Service"]
  readonly copyObject: CopyObject
  readonly copyMany: CopyMany
}

/** Cuts objects of one primary into batches that both instances take. */
const batchesOf = (source: Location, target: Location, routes: ReadonlyArray<ObjectRoute>, limits: StoreLimits) => {
  const batches: Array<CopyBatch> = []
  let batch: Array<ObjectRoute> = []
  let bytes = 0
  for (const route of routes) {
    const isFull = batch.length === limits.batchKeys || bytes + route.sizeBytes > limits.batchBytes
    if (isFull && batch.length > 0) {
      batches.push({ source, target, routes: batch })
      batch = []
      bytes = 0
    }
    batch.push(route)
    bytes += route.sizeBytes
  }
  if (batch.length > 0) batches.push({ source, target, routes: batch })
  return batches
}

const joint = (left: StoreLimits, right: StoreLimits): StoreLimits => ({
  inlineBytes: Math.min(left.inlineBytes, right.inlineBytes),
  keyCharacters: right.keyCharacters,
  batchKeys: Math.min(left.batchKeys, right.batchKeys),
  batchBytes: Math.min(left.batchBytes, right.batchBytes),
  batchesInFlight: Math.min(left.batchesInFlight, right.batchesInFlight),
})

const notKeys = (keys: ReadonlyArray<string>): ReadonlyArray<Result> =>
  keys.flatMap((key) => {
    const message = problemOfKey(key)
    if (message === undefined) return []
    return [{ status: "failed", key, error: new InvalidArgument({ argument: "keys", message }) }]
  })

/** Gives the program. */
export const makeBulkCopy = ({ routing, connections, repeat, copyObject, copyMany }: BulkCopyServices) => {
  const limitsAt = (place: Location) =>
    repeat(connections.use(place, ({ connection }) => Effect.succeed(connection.objects.limits)))

  const alone = (key: ObjectKey, target: Location, budget: BulkBudget, sizeBytes: number): Effect.Effect<Result> =>
    Effect.match(budget.holding(Math.min(sizeBytes, streamedBytes))(copyObject(key, target)), {
      onSuccess: ({ status, sizeBytes }) => ({ status, key, sizeBytes }),
      onFailure: (error) => ({ status: "failed", key, error }),
    })

  /** Copies what can be copied in batches, and gives the keys that are left. */
  const together = Effect.fnUntraced(function* (
    routes: ReadonlyArray<ObjectRoute>,
    target: Location,
    budget: BulkBudget,
  ) {
    const [first] = routes
    if (first === undefined) return []
    const limits = joint(yield* limitsAt(first), yield* limitsAt(target))
    const plain = routes.filter(({ sizeBytes }) => sizeBytes <= limits.inlineBytes)
    const run = (batch: CopyBatch) => {
      const bytes = batch.routes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      return Effect.map(budget.holding(bytes)(copyMany(batch)), (outcomes) =>
        outcomes.flatMap((outcome, index): ReadonlyArray<Result> => {
          const key = batch.routes[index]?.key
          return outcome === undefined || key === undefined ? [] : [{ ...outcome, key }]
        }),
      )
    }
    const done = yield* Effect.forEach(batchesOf(first, target, plain, limits), run, {
      concurrency: limits.batchesInFlight,
    })
    return done.flat()
  })

  const groupsOf = (routes: ReadonlyArray<ObjectRoute>, target: Location) => {
    const groups = new Map<string, Array<ObjectRoute>>()
    for (const route of routes) {
      if (isSameLocation(route, target)) continue
      const isCopied = route.copies.some((copy) => isSameLocation(copy, target))
      const name = `${route.type}:${route.framedbId}:${isCopied}`
      const group = groups.get(name)
      if (group === undefined) groups.set(name, [route])
      else group.push(route)
    }
    return [...groups.values()]
  }

  const copyWindow = Effect.fnUntraced(function* (keys: ReadonlyArray<string>, target: Location, budget: BulkBudget) {
    const valid = [...new Set(keys.filter(isObjectKey))]
    // What fails here fails for each key again, which then has it as its own.
    const found = yield* Effect.orElseSucceed(
      repeat(routing.findMany(valid)),
      (): ReadonlyArray<Option.Option<ObjectRoute>> => [],
    )
    const routes = found.flatMap(Option.toArray)
    const attempts = groupsOf(routes, target).map((group) =>
      Effect.orElseSucceed(together(group, target, budget), (): ReadonlyArray<Result> => []),
    )
    const done = (yield* Effect.all(attempts, { concurrency: 4 })).flat()
    const settled = new Set(done.map(({ key }) => key))
    const sizes = new Map(routes.map(({ key, sizeBytes }) => [key, sizeBytes]))
    const left = valid.filter((key) => !settled.has(key))
    const rest = yield* Effect.forEach(left, (key) => alone(key, target, budget, sizes.get(key) ?? 0), {
      concurrency: aloneInFlight,
    })
    const ended: ReadonlyArray<Result> = [...done, ...rest, ...notKeys(keys)]
    return ended
  })

  return <EK>(
    keys: BulkKeys<EK>,
    target: Location,
    bounds: BulkBounds = {},
  ): Stream.Stream<BulkProgress<CopyError>, EK> =>
    Stream.suspend(() => {
      const budget = makeBudget(bounds)
      const { concurrency } = completeBounds({ ...bounds, concurrency: bounds.concurrency ?? defaultConcurrency })
      const windowKeys = Math.min(concurrency, maxRoutesPerLookup)
      const results = streamOfKeys(keys).pipe(
        Stream.grouped(windowKeys),
        Stream.mapEffect((window) => copyWindow(window, target, budget), {
          concurrency: Math.max(1, Math.floor(concurrency / windowKeys)),
          unordered: true,
        }),
        Stream.flattenIterable,
      )
      return withTotals(results)
    })
}

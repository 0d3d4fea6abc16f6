/** Routes cut into batches: what lies on one instance is read, and written, in exchanges of its size. */
import type { Location } from "../../domain/Location.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import type { StoreLimits } from "../../ports/ObjectStore.ts"

/** The bounds of a batch. */
export interface BatchBounds {
  readonly batchKeys: number
  /** A single larger object is a batch of its own. */
  readonly batchBytes: number
}

/** The most keys that a store takes at once in work on many. */
export const bulkKeysOf = ({ batchKeys, bulkKeys = batchKeys }: StoreLimits): number => bulkKeys

/** Cuts routes, or whatever has a size, in their order, into batches. */
export const cutBatches = <Sized extends { readonly sizeBytes: number }>(
  all: ReadonlyArray<Sized>,
  { batchBytes, batchKeys }: BatchBounds,
): ReadonlyArray<ReadonlyArray<Sized>> => {
  const batches: Array<ReadonlyArray<Sized>> = []
  let batch: Array<Sized> = []
  let bytes = 0
  for (const each of all) {
    const isFull = batch.length === batchKeys || bytes + each.sizeBytes > batchBytes
    if (isFull && batch.length > 0) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(each)
    bytes += each.sizeBytes
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

/** Routes by their primary's instance; `label` parts those of one instance further. */
export const groupByPlace = <Route extends ObjectRoute>(
  routes: ReadonlyArray<Route>,
  label: (route: Route) => string = () => "",
): ReadonlyArray<readonly [Location, ReadonlyArray<Route>]> => {
  const groups = new Map<string, Array<Route>>()
  for (const route of routes) {
    const name = `${route.type}:${route.framedbId}:${label(route)}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [route])
    else group.push(route)
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first === undefined ? [] : [[first, group] as const]
  })
}

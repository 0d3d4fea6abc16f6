/**
 * Clears many places of one instance on which stale values lie: what another client left there that overwrote the objects and dropped
 * their copies.
 *
 * Each is cleared by `clearPlace`, with all that it looks at. They go through it in step, so that what each asks for is
 * sent together: a look at the values, at the routes, the removal, the routes again.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { bulkKeysOf, cutBatches } from "../bulk/routeBatches.ts"
import type { Cleared } from "../places/clearPlace.ts"
import { makeAskInParts } from "./askInParts.ts"
import type { CopyServices } from "./CopyServices.ts"
import type { Seen } from "./seenContent.ts"

/** A key, and what was seen in place of its copy. */
export interface Stale {
  readonly key: ObjectKey
  readonly seen: Seen
}

const sizeOfSeen = ({ seen }: Stale): Option.Option<number> =>
  Option.flatMap(seen, (value) => (typeof value === "string" ? Option.none() : Option.some(value.byteLength)))

/** Gives the program. */
export const makeClearStale = ({ connections, repeat, clearPlace }: CopyServices) => {
  const ask = makeAskInParts({ connections, repeat })

  /** Sizes in bytes, asked for where only digests were seen. */
  const sizesOf = (place: Location, all: ReadonlyArray<Stale>) => {
    const seen = all.map(sizeOfSeen)
    if (seen.every(Option.isSome)) return Effect.succeed(seen)
    const keys = all.map(({ key }) => key)
    return ask(place, keys, (objects, part) => objects.sizeMany(part))
  }

  const clear = (place: Location, { key, sizeBytes }: { readonly key: ObjectKey; readonly sizeBytes: number }) =>
    Effect.orElseSucceed(clearPlace(key, place, { sizeBytes }), (): Cleared => "restless")

  /**
   * Gives the keys whose places are clear now. At most a batch of values is held at once; what has more bytes than that, what
   * a route names, and what failed is left as it is.
   */
  return Effect.fnUntraced(function* (place: Location, all: ReadonlyArray<Stale>) {
    if (all.length === 0) return []
    const limits = yield* repeat(connections.use(place, ({ connection }) => Effect.succeed(connection.objects.limits)))
    const sizes = yield* sizesOf(place, all)
    const small = all.flatMap(({ key }, index) => {
      const sizeBytes = Option.getOrUndefined(sizes[index] ?? Option.none())
      return sizeBytes === undefined || sizeBytes > limits.batchBytes ? [] : [{ key, sizeBytes }]
    })
    const cleared: Array<ObjectKey> = []
    for (const batch of cutBatches(small, { ...limits, batchKeys: bulkKeysOf(limits) })) {
      const ended = yield* Effect.forEach(batch, (one) => clear(place, one), { concurrency: "unbounded" })
      for (const [index, { key }] of batch.entries()) if (ended[index] === "cleared") cleared.push(key)
    }
    return cleared
  })
}

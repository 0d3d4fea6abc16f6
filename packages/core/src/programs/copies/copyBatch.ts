/**
 * Copies many plain objects from one instance to another, step by step for all of them: read, write, look at what was written,
 * clear what is stale and in the way and write there once more, register, and look at the primary again, at once or when other
 * clients see the copies (`unsettledCopies.ts`). Each step takes as few exchanges as the instance that it asks allows. A
 * key for which anything else is unusual is left to `copyObject`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { sha256 } from "../backups/digest.ts"
import { bulkKeysOf, cutBatches } from "../bulk/routeBatches.ts"
import { repeatingHarmless } from "../retrying.ts"
import { makeAskInParts } from "./askInParts.ts"
import type { CopyServices } from "./CopyServices.ts"
import type { CopyWatch } from "./CopyWatch.ts"
import { makeClearStale, type Stale } from "./clearStale.ts"
import { isSeen, lookAt, type Seen } from "./seenContent.ts"

/** Objects of one primary that are read and written together: in bytes within a batch of both instances, in keys of one of them. */
export interface CopyBatch {
  readonly source: Location
  readonly target: Location
  readonly routes: ReadonlyArray<ObjectRoute>
}

/** What became of each key of a batch; `undefined` where it is left to be copied alone. */
export type BatchOutcome = ReadonlyArray<BatchedCopy | undefined>

/** What became of one key that was copied with others. */
export interface BatchedCopy {
  readonly status: "succeeded" | "skipped"
  readonly sizeBytes: number
  /** What to look at once more, where the copy was made and other clients may not see it yet. */
  readonly watch?: CopyWatch
}

/** What the primary held of a key. */
interface Held {
  readonly data: Uint8Array
  /** The SHA-256, worked out when it is first asked for. */
  readonly digest: () => string
}

/** What the primary held of each key; `undefined` where there was nothing. */
type AllHeld = ReadonlyArray<Held | undefined>

const heldOf = (value: Option.Option<Uint8Array>): Held | undefined => {
  if (Option.isNone(value)) return undefined
  const data = value.value
  let digest: string | undefined
  return {
    data,
    digest: () => {
      digest ??= sha256(data)
      return digest
    },
  }
}

const isHeld = (held: Held | undefined, seen: Seen | undefined): held is Held =>
  held !== undefined && isSeen(seen, held.data, held.digest)

const watchOf = ({ source, target }: CopyBatch, key: ObjectKey, held: Held): CopyWatch => ({
  key,
  source,
  target,
  sizeBytes: held.data.byteLength,
  held: held.digest(),
})

const keysOf = ({ routes }: CopyBatch): ReadonlyArray<ObjectKey> => routes.map(({ key }) => key)

/** Gives the program. */
export const makeCopyBatch = (services: CopyServices) => {
  const { connections, repeat, routes, settleMillis } = services
  const repeatHarmless = repeatingHarmless(repeat)

  const ask = makeAskInParts({ connections, repeat })
  const clearStale = makeClearStale(services)

  const read = (place: Location, keys: ReadonlyArray<ObjectKey>) =>
    Effect.map(
      ask(place, keys, (objects, part) => objects.getMany(part)),
      (values): AllHeld => values.map(heldOf),
    )

  const look = (place: Location, keys: ReadonlyArray<ObjectKey>) => ask(place, keys, lookAt)

  /** What is there already stays, and is seen afterwards: it may be newer than any copy. */
  const write = (place: Location, keys: ReadonlyArray<ObjectKey>, all: AllHeld) => {
    const entries = keys.flatMap((key, index) => {
      const data = all[index]?.data
      return data === undefined ? [] : [{ key, data, sizeBytes: data.byteLength }]
    })
    return repeat(
      connections.use(place, ({ connection: { objects } }) => {
        const { limits } = objects
        // What was read may be larger than its route told.
        const fitting = entries.filter(({ sizeBytes }) => sizeBytes <= limits.inlineBytes)
        const parts = cutBatches(fitting, { ...limits, batchKeys: bulkKeysOf(limits) })
        return Effect.forEach(parts, (part) => objects.insertMany(part))
      }),
    )
  }

  /** Registers the copies of those that were seen as they were written, and gives the keys that have one now. */
  const register = Effect.fnUntraced(function* (batch: CopyBatch, isGood: (index: number) => boolean) {
    const keys = keysOf(batch).filter((_, index) => isGood(index))
    const found = yield* repeatHarmless(routes.addCopies(keys, batch.target))
    return new Set(keys.filter((_, index) => found[index] === true))
  })

  /** Writes, once more where something stale was in the way, and gives what is there then. */
  const writeAndLook = Effect.fnUntraced(function* (
    target: Location,
    keys: ReadonlyArray<ObjectKey>,
    all: AllHeld,
  ): Effect.fn.Return<ReadonlyArray<Seen | undefined>, unknown> {
    yield* write(target, keys, all)
    const written = yield* look(target, keys)
    const stale = keys.flatMap((key, index): ReadonlyArray<Stale> => {
      const [held, seen] = [all[index], written[index]]
      const isInTheWay = held !== undefined && seen !== undefined && Option.isSome(seen) && !isHeld(held, seen)
      return isInTheWay ? [{ key, seen }] : []
    })
    const cleared = yield* clearStale(target, stale)
    if (cleared.length === 0) return written
    const again = new Set(cleared)
    yield* write(
      target,
      keys,
      keys.map((key, index) => (again.has(key) ? all[index] : undefined)),
    )
    const looked = yield* look(target, cleared)
    const seen = new Map(cleared.map((key, index) => [key, looked[index]]))
    return keys.map((key, index) => seen.get(key) ?? written[index])
  })

  const copyFresh = Effect.fnUntraced(function* (
    batch: CopyBatch,
    before: AllHeld,
  ): Effect.fn.Return<BatchOutcome, unknown> {
    const keys = keysOf(batch)
    const written = yield* writeAndLook(batch.target, keys, before)
    const registered = yield* register(batch, (index) => isHeld(before[index], written[index]))
    // Where other clients are waited for, the primary is looked at after that.
    const after = settleMillis === 0 ? yield* look(batch.source, keys) : undefined
    return keys.map((key, index) => {
      const held = before[index]
      if (held === undefined || !registered.has(key)) return undefined
      if (after !== undefined && !isHeld(held, after[index])) return undefined
      const done = { status: "succeeded", sizeBytes: held.data.byteLength } as const
      return settleMillis === 0 ? done : { ...done, watch: watchOf(batch, key, held) }
    })
  })

  /** Leaves alone what is there and the same; what is there and different is stale or newer, which is `copyObject`'s business. */
  const compare = Effect.fnUntraced(function* (
    batch: CopyBatch,
    before: AllHeld,
  ): Effect.fn.Return<BatchOutcome, unknown> {
    const there = yield* look(batch.target, keysOf(batch))
    return before.map((held, index) =>
      isHeld(held, there[index]) ? { status: "skipped", sizeBytes: held.data.byteLength } : undefined,
    )
  })

  const copy = Effect.fnUntraced(function* (batch: CopyBatch) {
    const before = yield* read(batch.source, keysOf(batch))
    const isRegistered = batch.routes[0]?.copies.some((place) => isSameLocation(place, batch.target)) ?? false
    return yield* isRegistered ? compare(batch, before) : copyFresh(batch, before)
  })

  /** Where the whole batch fails, each key finds out for itself what its error is. */
  return (batch: CopyBatch): Effect.Effect<BatchOutcome> =>
    Effect.catch(copy(batch), () => Effect.succeed(batch.routes.map(() => undefined)))
}

/** Copies a batch. */
export type CopyMany = ReturnType<typeof makeCopyBatch>

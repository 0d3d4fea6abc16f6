/**
 * Copies many plain objects from one instance to another, step by step for all of them: read, write, look at what was written, register,
 * and look at the primary again, at once or when other clients see the copies (`unsettledCopies.ts`). Each step takes as few
 * exchanges as the instance that it asks allows. A key for which anything is unusual is left to `copyObject`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import type { ObjectStore } from "../../ports/ObjectStore.ts"
import { sha256 } from "../backups/digest.ts"
import { bulkKeysOf, cutBatches } from "../bulk/routeBatches.ts"
import { repeatingHarmless } from "../retrying.ts"
import type { CopyServices } from "./CopyServices.ts"
import type { CopyWatch } from "./CopyWatch.ts"
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

/** Items in parts of at most so many. */
const partsOf = <Item>(items: ReadonlyArray<Item>, size: number): ReadonlyArray<ReadonlyArray<Item>> =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, part) => items.slice(part * size, (part + 1) * size))

const watchOf = ({ source, target }: CopyBatch, key: ObjectKey, held: Held): CopyWatch => ({
  key,
  source,
  target,
  sizeBytes: held.data.byteLength,
  held: held.digest(),
})

const keysOf = ({ routes }: CopyBatch): ReadonlyArray<ObjectKey> => routes.map(({ key }) => key)

/** Gives the program. */
export const makeCopyBatch = ({ connections, repeat, routes, settleMillis }: CopyServices) => {
  const repeatHarmless = repeatingHarmless(repeat)

  /** Asks a place about keys or entries, as many at a time as it takes, in turn: other batches are under way meanwhile. */
  const ask = <Item, A, E extends { readonly _tag: string }>(
    place: Location,
    items: ReadonlyArray<Item>,
    question: (objects: ObjectStore, items: ReadonlyArray<Item>) => Effect.Effect<A, E>,
  ) =>
    repeat(
      connections.use(place, ({ connection: { objects } }) =>
        Effect.forEach(partsOf(items, bulkKeysOf(objects.limits)), (part) => question(objects, part)),
      ),
    )

  const read = (place: Location, keys: ReadonlyArray<ObjectKey>) =>
    Effect.map(
      ask(place, keys, (objects, part) => objects.getMany(part)),
      (parts): AllHeld => parts.flat().map(heldOf),
    )

  const look = (place: Location, keys: ReadonlyArray<ObjectKey>) =>
    Effect.map(ask(place, keys, lookAt), (parts): ReadonlyArray<Seen> => parts.flat())

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

  const copyFresh = Effect.fnUntraced(function* (
    batch: CopyBatch,
    before: AllHeld,
  ): Effect.fn.Return<BatchOutcome, unknown> {
    const keys = keysOf(batch)
    yield* write(batch.target, keys, before)
    const written = yield* look(batch.target, keys)
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

/**
 * Copies many plain objects from one instance to another, a batch an exchange: read, write, read back, register, and look
 * at the primary again, at once or when other clients see the copies (`unsettledCopies.ts`). A key for which anything is unusual is left to `copyObject`.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isSameLocation, type Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { sha256 } from "../backups/digest.ts"
import { repeatingHarmless } from "../retrying.ts"
import type { CopyServices } from "./CopyServices.ts"
import type { CopyWatch } from "./CopyWatch.ts"
import { sameBytes } from "./sameContent.ts"

/** Objects of one primary, within the limits of a batch on both instances. */
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

type Values = ReadonlyArray<Option.Option<Uint8Array>>

const bytesAt = (values: Values, index: number): Uint8Array | undefined =>
  Option.getOrUndefined(values[index] ?? Option.none())

/** Whether both have a value at this place, and the same one. */
const isSameAt = (left: Values, right: Values, index: number): boolean => {
  const [a, b] = [bytesAt(left, index), bytesAt(right, index)]
  return a !== undefined && b !== undefined && sameBytes(a, b)
}

const watchOf = ({ source, target }: CopyBatch, key: ObjectKey, data: Uint8Array): CopyWatch => ({
  key,
  source,
  target,
  sizeBytes: data.byteLength,
  held: sha256(data),
})

/** Gives the program. */
export const makeCopyBatch = ({ connections, repeat, routes, settleMillis }: CopyServices) => {
  const repeatHarmless = repeatingHarmless(repeat)

  const read = (place: Location, keys: ReadonlyArray<ObjectKey>) =>
    repeat(connections.use(place, ({ connection }) => connection.objects.getMany(keys)))

  const write = (place: Location, keys: ReadonlyArray<ObjectKey>, values: Values) => {
    const entries = keys.flatMap((key, index) => {
      const data = bytesAt(values, index)
      return data === undefined ? [] : [{ key, data }]
    })
    return repeat(connections.use(place, ({ connection }) => connection.objects.setMany(entries)))
  }

  /** Registers the copies of those that were read back as they were written, and gives the keys that have one now. */
  const register = Effect.fnUntraced(function* (batch: CopyBatch, isGood: (index: number) => boolean) {
    const keys = batch.routes.flatMap(({ key }, index) => (isGood(index) ? [key] : []))
    const found = yield* repeatHarmless(routes.addCopies(keys, batch.target))
    return new Set(keys.filter((_, index) => found[index] === true))
  })

  const copyFresh = Effect.fnUntraced(function* (
    batch: CopyBatch,
    before: Values,
  ): Effect.fn.Return<BatchOutcome, unknown> {
    const keys = batch.routes.map(({ key }) => key)
    yield* write(batch.target, keys, before)
    const written = yield* read(batch.target, keys)
    const registered = yield* register(batch, (index) => isSameAt(before, written, index))
    // Where other clients are waited for, the primary is looked at after that.
    const after = settleMillis === 0 ? yield* read(batch.source, keys) : before
    return keys.map((key, index) => {
      const data = bytesAt(before, index)
      if (data === undefined || !registered.has(key) || !isSameAt(before, after, index)) return undefined
      const done = { status: "succeeded", sizeBytes: data.byteLength } as const
      return settleMillis === 0 ? done : { ...done, watch: watchOf(batch, key, data) }
    })
  })

  /** Leaves alone what is there and the same; what is there and different is stale, which is `copyObject`'s business. */
  const compare = Effect.fnUntraced(function* (
    batch: CopyBatch,
    before: Values,
  ): Effect.fn.Return<BatchOutcome, unknown> {
    const there = yield* read(
      batch.target,
      batch.routes.map(({ key }) => key),
    )
    return batch.routes.map((_, index) =>
      isSameAt(before, there, index)
        ? { status: "skipped", sizeBytes: bytesAt(before, index)?.byteLength ?? 0 }
        : undefined,
    )
  })

  const copy = Effect.fnUntraced(function* (batch: CopyBatch) {
    const before = yield* read(
      batch.source,
      batch.routes.map(({ key }) => key),
    )
    const isRegistered = batch.routes[0]?.copies.some((place) => isSameLocation(place, batch.target)) ?? false
    return yield* isRegistered ? compare(batch, before) : copyFresh(batch, before)
  })

  /** Where the whole batch fails, each key finds out for itself what its error is. */
  return (batch: CopyBatch): Effect.Effect<BatchOutcome> =>
    Effect.catch(copy(batch), () => Effect.succeed(batch.routes.map(() => undefined)))
}

/** Copies a batch. */
export type CopyMany = ReturnType<typeof makeCopyBatch>

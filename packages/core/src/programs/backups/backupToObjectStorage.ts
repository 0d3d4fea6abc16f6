/** Objects to storage, one stored object a key: the form that needs nothing of FrameDB to be read. See FORMAT.md. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type * as Stream from "effect/Stream"
import type { BackendError } from "../../errors/BackendError.ts"
import type { IntegrityError } from "../../errors/IntegrityError.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { ObjectStorageService } from "../../ports/ObjectStorage.ts"
import { type BulkBounds, type BulkKeys, type BulkProgress, bulk } from "../bulk/Bulk.ts"
import type { BackupSource } from "./BackupSource.ts"
import { type BackupRun, backupObject } from "./backupObject.ts"

/** What is backed up, and where to. */
export interface BackupOptions<E, EK = never> extends BulkBounds {
  readonly source: BackupSource<E>
  readonly storage: ObjectStorageService
  readonly keys: BulkKeys<EK>
  /** Put before every stored name, such as `backups/`; empty by default. */
  readonly prefix?: string
  /** Objects up to this size are read whole, in bytes; 8 MiB by default. Larger ones pass through in pieces. */
  readonly wholeBytes?: number
}

/** What a backup of one key can fail with, beside what its source fails with. */
export type BackupFailure = BackendError | IntegrityError | InvalidArgument

/** The size up to which objects are held whole, unless told otherwise. */
export const defaultWholeBytes = 8 * 1024 * 1024

/**
 * Backs objects up and tells of each as it ends. What is there already with the same digest and description is skipped, so
 * that a run that was stopped, however hard, goes on where it was when it is started again.
 */
export const backupToObjectStorage = <E, EK = never>(
  options: BackupOptions<E, EK>,
): Stream.Stream<BulkProgress<E | BackupFailure>, EK> => bulk(options.keys, makeWork(options), options)

/** Lets work on the same key wait for its turn: of two at once, one's bytes could end beside the other's description. */
const makeTurns = () => {
  const turns = new Map<string, { readonly semaphore: Semaphore.Semaphore; waiting: number }>()
  return <A, E>(key: string, work: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const turn = turns.get(key) ?? { semaphore: Semaphore.makeUnsafe(1), waiting: 0 }
      turn.waiting++
      turns.set(key, turn)
      const leave = Effect.sync(() => {
        turn.waiting--
        if (turn.waiting === 0) turns.delete(key)
      })
      return Effect.ensuring(turn.semaphore.withPermit(work), leave)
    })
}

const makeWork = <E>(options: BackupOptions<E, unknown>) => {
  const { source, storage } = options
  const place = { prefix: options.prefix ?? "", nameBytes: storage.capabilities.nameBytes }
  const shared = { storage, place, wholeBytes: options.wholeBytes ?? defaultWholeBytes, expectation: { present: true } }
  const inTurn = makeTurns()
  return (key: Parameters<typeof source.open>[0], budget: BackupRun["budget"]) =>
    inTurn(
      key,
      Effect.flatMap(source.open(key), (object) => backupObject<E>({ ...shared, budget }, object)),
    )
}

/**
 * An open instance with its traffic: every operation of its object store, batched with what others ask of the same
 * instance, and a count of who is using it.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Option from "effect/Option"
import type { Instance } from "../../domain/Instance.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { BackendError, type BackendName, backendReason } from "../../errors/BackendError.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { ObjectConnection, ObjectStore, StoreEntry } from "../../ports/ObjectStore.ts"
import { Batcher, type Resume } from "./Batcher.ts"

/** Starts an effect with the services of the layer. */
export type Fork = <A, E>(effect: Effect.Effect<A, E>) => Fiber.Fiber<A, E>

/** Bytes that a key and its framing take in a batch of reads of unknown size; small values dominate. */
export const unknownValueBytes = 1024

type WriteError = BackendError | InvalidArgument

/** A failure that one item may have caused for its whole batch. A backend that is away would only be asked again. */
const mayBeOneItemsFault = (error: WriteError): boolean =>
  error._tag === "InvalidArgument" || (!error.isRetryable && error.reason._tag !== "Unauthorized")

/** Who removes a value has to hear that it may be gone: asked again, the instance would say that it wasn't there. */
const mayBeAskedAgain = (error: WriteError): boolean =>
  mayBeOneItemsFault(error) && !(error instanceof BackendError && error.maybeApplied)

/** Is an open instance with a batcher for every operation and a count of its users. */
export class OpenInstance<Connection extends ObjectConnection = ObjectConnection> {
  readonly instance: Instance
  readonly connection: Connection
  /** How many scopes hold it open. */
  pins = 0
  /** How often it was asked for: what `Connections` closes is what was used least. */
  uses = 0
  readonly gets: Batcher<ObjectKey, Option.Option<Uint8Array<ArrayBuffer>>, BackendError>
  readonly sets: Batcher<StoreEntry, void, WriteError>
  readonly replaces: Batcher<StoreEntry, boolean, WriteError>
  readonly inserts: Batcher<StoreEntry, boolean, WriteError>
  readonly sizes: Batcher<ObjectKey, Option.Option<number>, BackendError>
  readonly deletes: Batcher<ObjectKey, boolean, BackendError>
  readonly equalDeletes: Batcher<StoreEntry, boolean, BackendError>

  constructor(instance: Instance, connection: Connection, fork: Fork, maxWaitMillis: number) {
    this.instance = instance
    this.connection = connection
    const store = connection.objects
    const batcher = <Item, A, E extends WriteError>(
      operation: keyof ObjectStore & string,
      run: (items: ReadonlyArray<Item>) => Effect.Effect<ReadonlyArray<A>, E>,
      start?: (items: ReadonlyArray<Item>, resume: Resume<ReadonlyArray<A>, E>) => void,
      splitOn: (error: WriteError) => boolean = mayBeOneItemsFault,
    ) =>
      new Batcher<Item, A, E | BackendError>({
        run,
        start,
        fork,
        maxItems: store.limits.batchKeys,
        maxBytes: store.limits.batchBytes,
        maxInFlight: store.limits.batchesInFlight,
        minPartItems: store.limits.leastBatchKeys,
        maxWaitMillis,
        overloaded: (message) => this.overloaded(operation, message),
        splitOn,
      })
    this.gets = batcher("getMany", store.getMany, store.startGetMany)
    this.sets = batcher("setMany", (entries: ReadonlyArray<StoreEntry>) =>
      Effect.map(store.setMany(entries), () => entries.map((): void => undefined)),
    )
    this.replaces = batcher("replaceMany", store.replaceMany)
    this.inserts = batcher("insertMany", store.insertMany)
    this.sizes = batcher("sizeMany", store.sizeMany)
    this.deletes = batcher("deleteMany", store.deleteMany)
    this.equalDeletes = batcher("deleteManyIfEqual", store.deleteManyIfEqual, undefined, mayBeAskedAgain)
  }

  /** Whether closing it would disturb nobody. */
  get isIdle(): boolean {
    const batchers = [this.gets, this.sets, this.replaces, this.inserts, this.sizes, this.deletes, this.equalDeletes]
    return this.pins === 0 && batchers.every((batcher) => batcher.isIdle)
  }

  get backend(): BackendName {
    return this.instance.kind
  }

  private overloaded(operation: string, message: string): BackendError {
    return new BackendError({
      backend: this.backend,
      operation,
      instance: this.instance.framedbId,
      reason: backendReason("Overloaded", message),
      maybeApplied: false,
    })
  }
}

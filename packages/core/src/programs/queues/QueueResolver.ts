import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import type { InstanceNotFound } from "../../errors/InstanceNotFound.ts"
import type { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { QueueStore } from "../../ports/QueueStore.ts"
import type { RedisConnection } from "../../ports/RedisBackend.ts"

/** What every operation of a queue can fail with. */
export type QueueError = BackendError | InstanceNotFound | InvalidArgument

/** Opens the queues of an instance, and holds them open for the scope. */
export type QueueResolver = (framedbId: FramedbId) => Effect.Effect<QueueStore, QueueError, Scope.Scope>

/** Repeats an attempt that failed in a way that may pass. */
export type Repeat = <A, E extends { readonly _tag: string }, R>(
  attempt: Effect.Effect<A, E, R>,
) => Effect.Effect<A, E, R>

/** Where queues are found, and how what does no harm is tried again. */
export interface QueueSource {
  readonly resolve: QueueResolver
  readonly repeat: Repeat
}

/** An open instance with its queues; it stays open while `pins` is above 0. */
export interface OpenQueues {
  readonly connection: Pick<RedisConnection, "queues">
  pins: number
}

/** The queues of an instance that is open already, `undefined` of any other. To be pinned before the caller yields. */
export type QueuePeek = (framedbId: FramedbId) => OpenQueues | undefined

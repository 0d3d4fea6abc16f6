import type { BackendError, ConsumerOptions, QueueConsumer } from "@framedb/core"
import type * as Effect from "effect/Effect"
import type { RedisClient } from "../RedisClient.ts"
import type { QueueKeys } from "./queueKeys.ts"

/** The longest that a command waits in the server, in milliseconds: as long may a lost connection go unnoticed. */
export const maxBlockMillis = 1_000

/** What a consumer works with. */
export interface ConsumerContext {
  readonly keys: QueueKeys
  readonly options: ConsumerOptions
  /** The instance's connection, shared with everyone: for what answers at once. */
  readonly shared: RedisClient
  /** A connection of this consumer's own: for what waits. */
  readonly own: RedisClient
  /** How much data one batch should hold. */
  readonly batchBytes: number
  /** In milliseconds; never goes back. */
  readonly now: () => number
}

/** A consumer of a queue whose encoding is known. */
export interface EncodedConsumer extends QueueConsumer {
  /** Gives back what the consumer holds and forgets it. */
  readonly leave: Effect.Effect<void, BackendError>
}

/** How often to look for what others left behind, in milliseconds: a few times within the time that it takes to be abandoned. */
export const claimIntervalMillis = (visibilityTimeoutMillis: number): number =>
  Math.max(10, Math.min(maxBlockMillis, Math.floor(visibilityTimeoutMillis / 4)))

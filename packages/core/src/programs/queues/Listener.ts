/** What listening to a queue and draining it share: a place in a group, and messages taken from it one at a time. */
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { BackendError } from "../../errors/BackendError.ts"
import type { QueueConsumer } from "../../ports/QueueStore.ts"
import type { Fork } from "../instances/OpenInstance.ts"
import type { ListenedMessage } from "./ListenedMessage.ts"
import type { ListenSettings } from "./ListenOptions.ts"
import type { Persevering } from "./persevering.ts"
import type { QueueAddress } from "./queueAddress.ts"
import type { StartFetch } from "./StartFetch.ts"

/** Begins to wait for the next message; gives a function that ends that. */
export type StartAdvance = (resume: (next: Exit.Exit<ListenedMessage, BackendError | Cause.Done>) => void) => () => void

/** Messages, one at a time. Taking the next says that the consumer is done with the one before. */
export interface Listener {
  /** The next message, where it is at hand: the fast path, without an effect. */
  readonly takeNext: () => ListenedMessage | undefined
  /** The next message, fetched; ends with `Done` where a drain has come to its end. To be called after `takeNext` gave nothing. */
  readonly advance: Effect.Effect<ListenedMessage, BackendError | Cause.Done>
  /**
   * As `advance`, for who has no fiber and wants none: calls `resume` once, with an interruption where the function that it
   * gives has ended it. Optional: without it `advance` does.
   */
  readonly startAdvance?: StartAdvance
  /** Prolongs what is held and acknowledges what is handled; called again and again while the listener lives. */
  readonly heartbeat: Effect.Effect<void>
  /** Settles what was handed out, as the consumer ended. What was not goes back with the consumer's scope. */
  readonly close: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
  /** Whether this listener has a message. */
  readonly isHeld: (id: string) => boolean
}

/** What a listener works with. */
export interface ListenerContext {
  readonly address: QueueAddress
  readonly settings: ListenSettings
  readonly consumer: QueueConsumer
  readonly persevering: Persevering
  readonly fork: Fork
  readonly startFetch: StartFetch
}

/** How often a listener prolongs and acknowledges between batches, in milliseconds: what a slow consumer has done is soon safe. */
export const heartbeatMillis = (settings: ListenSettings): number =>
  Math.max(10, Math.min(1_000, Math.floor(settings.visibilityTimeoutMillis / 3)))

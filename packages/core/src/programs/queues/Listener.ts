/** What listening to a queue and draining it share: a place in a group, and messages taken from it one at a time. */
import type * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { BackendError } from "../../errors/BackendError.ts"
import type { QueueConsumer, QueueDelivery } from "../../ports/QueueStore.ts"
import type { ListenedMessage } from "./ListenedMessage.ts"
import type { ListenSettings } from "./ListenOptions.ts"
import type { Persevering } from "./persevering.ts"
import type { QueueAddress } from "./queueAddress.ts"

/** Messages, one at a time. Taking the next says that the consumer is done with the one before. */
export interface Listener {
  /** The next message, where it is at hand: the fast path, without an effect. */
  readonly takeNext: () => ListenedMessage | undefined
  /** The next message, fetched; ends with `Done` where a drain has come to its end. To be called after `takeNext` gave nothing. */
  readonly advance: Effect.Effect<ListenedMessage, BackendError | Cause.Done>
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
  /** The next messages, at least one; ends with `Done` where a drain has come to its end. */
  readonly fetch: Effect.Effect<ReadonlyArray<QueueDelivery>, BackendError | Cause.Done>
}

/** How often a listener prolongs and acknowledges between batches, in milliseconds: what a slow consumer has done is soon safe. */
export const heartbeatMillis = (settings: ListenSettings): number =>
  Math.max(10, Math.min(1_000, Math.floor(settings.visibilityTimeoutMillis / 3)))

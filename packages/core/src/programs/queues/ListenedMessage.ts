import type * as Effect from "effect/Effect"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { QueueName } from "../../domain/QueueName.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import type { QueueDelivery } from "../../ports/QueueStore.ts"
import type { NackOptions, StreamHeaders, StreamMessage } from "../../ports/StreamMessage.ts"

/** Settles single messages. */
export interface Settler {
  readonly queue: QueueName
  readonly framedbId: FramedbId
  readonly acknowledge: (message: ListenedMessage) => Effect.Effect<boolean, BackendError>
  readonly release: (message: ListenedMessage, options: NackOptions) => Effect.Effect<boolean, BackendError>
  readonly extend: (message: ListenedMessage, millis: number | undefined) => Effect.Effect<boolean, BackendError>
}

/** A message with its listener. A class, since most messages never use the methods: they cost nothing until then. */
export class ListenedMessage implements StreamMessage {
  readonly #settler: Settler
  readonly id: string
  readonly queue: QueueName
  readonly framedbId: FramedbId
  readonly data: Uint8Array<ArrayBuffer>
  readonly headers: StreamHeaders
  readonly attempts: number
  readonly publishedAtMillis: number | undefined

  constructor(settler: Settler, delivery: QueueDelivery) {
    this.#settler = settler
    this.id = delivery.id
    this.queue = settler.queue
    this.framedbId = settler.framedbId
    this.data = delivery.data
    this.headers = delivery.headers
    this.attempts = delivery.attempts
    this.publishedAtMillis = delivery.publishedAtMillis
  }

  get ack(): Effect.Effect<boolean, BackendError> {
    return this.#settler.acknowledge(this)
  }

  nack(options: NackOptions = {}): Effect.Effect<boolean, BackendError> {
    return this.#settler.release(this, options)
  }

  extend(millis?: number): Effect.Effect<boolean, BackendError> {
    return this.#settler.extend(this, millis)
  }
}

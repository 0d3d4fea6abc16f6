/** A listener whose consumer settles each message itself, in any order and at any time. */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import { endReason } from "./endReason.ts"
import { ListenedMessage, type Settler } from "./ListenedMessage.ts"
import { heartbeatMillis, type Listener, type ListenerContext } from "./Listener.ts"
import { started } from "./StartFetch.ts"

/** A consumer that has as much unsettled as it may is waited for; this often something may have run out of time, too. */
const roomPollMillis = 50
/**
 * Messages that go back in one step when the listener closes: a few milliseconds of the server's time, and far below what fits
 * into one command. There may be a million.
 */
const releasesAtOnce = 1_000

interface Held {
  readonly message: ListenedMessage
  /** From when on it is certain that the store gives it to someone else. */
  expiresAtMillis: number
}

/** Hands out messages and leaves their settling to the consumer. */
export class ManualListener implements Listener, Settler {
  readonly #context: ListenerContext
  readonly #now: () => number
  /** Handed out and not settled. */
  readonly #held = new Map<string, Held>()
  /** Fetched and not handed out. */
  #waiting: Array<ListenedMessage> = []
  #position = 0
  #notifyRoom: (() => void) | undefined
  readonly queue
  readonly framedbId

  constructor(context: ListenerContext, now: () => number) {
    this.#context = context
    this.#now = now
    this.queue = context.address.queue
    this.framedbId = context.address.framedbId
  }

  readonly takeNext = (): ListenedMessage | undefined => {
    if (this.#held.size >= this.#context.settings.maxUnsettled) return undefined
    const message = this.#waiting[this.#position]
    if (message === undefined) return undefined
    this.#position++
    this.#held.set(message.id, { message, expiresAtMillis: this.#expiry() })
    return message
  }

  readonly isHeld = (id: string): boolean =>
    this.#held.has(id) || this.#waiting.some((message, index) => index >= this.#position && message.id === id)

  get advance() {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        this.#forgetExpired()
        const message = this.takeNext()
        if (message !== undefined) return message
        if (this.#held.size >= this.#context.settings.maxUnsettled) yield* this.#room
        else {
          const batch = yield* started(this.#context.startFetch)
          this.#waiting = batch.map((delivery) => new ListenedMessage(this, delivery))
          this.#position = 0
        }
      }
    })
  }

  get heartbeat() {
    return Effect.gen({ self: this }, function* () {
      const waiting = this.#waiting.slice(this.#position)
      const ids = waiting.map((message) => message.id)
      const extended = yield* this.#context.consumer.extend(ids, this.#context.settings.visibilityTimeoutMillis)
      const lost = new Set(waiting.filter((_, index) => extended[index] === false))
      if (lost.size === 0) return
      this.#waiting = this.#waiting.slice(this.#position).filter((message) => !lost.has(message))
      this.#position = 0
    }).pipe(Effect.ignore)
  }

  readonly close = (exit: Exit.Exit<unknown, unknown>) => {
    const reason = endReason(exit)
    const releases = [...this.#held.keys()].map((id) => ({ id, delayMillis: 0, reason }))
    const steps = Array.from({ length: Math.ceil(releases.length / releasesAtOnce) }, (_, step) =>
      releases.slice(step * releasesAtOnce, (step + 1) * releasesAtOnce),
    )
    // Where one fails, the visibility timeout does the same for the rest later.
    return Effect.ignore(Effect.forEach(steps, (step) => this.#context.consumer.release(step), { discard: true }))
  }

  readonly acknowledge: Settler["acknowledge"] = (message) =>
    this.#settling(
      message,
      Effect.map(this.#context.consumer.acknowledge([message.id]), (count) => count === 1),
    )

  readonly release: Settler["release"] = (message, { delayMillis = 0, reason = "given back by the consumer" }) =>
    this.#settling(
      message,
      Effect.map(
        this.#context.consumer.release([{ id: message.id, delayMillis, reason }]),
        ([wasHeld]) => wasHeld === true,
      ),
    )

  readonly extend: Settler["extend"] = (message, millis = this.#context.settings.visibilityTimeoutMillis) =>
    Effect.suspend(() => {
      const held = this.#held.get(message.id)
      if (held?.message !== message) return Effect.succeed(false)
      return Effect.map(this.#context.consumer.extend([message.id], millis), ([isHeld]) => {
        held.expiresAtMillis = Math.max(held.expiresAtMillis, this.#expiry(millis))
        return isHeld === true
      })
    })

  #settling<E>(message: ListenedMessage, settle: Effect.Effect<boolean, E>): Effect.Effect<boolean, E> {
    return Effect.suspend(() => {
      if (this.#held.get(message.id)?.message !== message) return Effect.succeed(false)
      return Effect.tap(settle, () =>
        Effect.sync(() => {
          this.#held.delete(message.id)
          this.#notifyRoom?.()
        }),
      )
    })
  }

  /** The store counts from the delivery or the last heartbeat, which came before. */
  #expiry(millis: number = this.#context.settings.visibilityTimeoutMillis): number {
    return this.#now() + millis + heartbeatMillis(this.#context.settings)
  }

  #forgetExpired(): void {
    const now = this.#now()
    for (const [id, { expiresAtMillis }] of this.#held) if (expiresAtMillis <= now) this.#held.delete(id)
  }

  get #room() {
    return Effect.callback<void>((resume) => {
      this.#notifyRoom = () => resume(Effect.void)
      return Effect.sync(() => {
        this.#notifyRoom = undefined
      })
    }).pipe(Effect.timeoutOption(roomPollMillis))
  }
}

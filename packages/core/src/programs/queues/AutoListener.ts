/**
 * A listener that acknowledges a message when the consumer comes back for the next one: a whole batch at once when its
 * last message is handled, and what is handled of a batch at every heartbeat.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { BackendError } from "../../errors/BackendError.ts"
import type { QueueDelivery } from "../../ports/QueueStore.ts"
import { endedWell, endReason } from "./endReason.ts"
import { HandOut } from "./HandOut.ts"
import { ListenedMessage, type Settler } from "./ListenedMessage.ts"
import type { Listener, ListenerContext, StartAdvance } from "./Listener.ts"
import { type Fetched, started } from "./StartFetch.ts"

type Next = Parameters<Parameters<StartAdvance>[0]>[0]

const nothingFetched = Exit.die("a fetch gave no message")

/** Hands out messages and acknowledges those that the consumer has come back from. */
export class AutoListener implements Listener, Settler {
  readonly #context: ListenerContext
  readonly #now: () => number
  readonly #hand = new HandOut()
  #extendedAtMillis = 0
  readonly queue
  readonly framedbId

  constructor(context: ListenerContext, now: () => number) {
    this.#context = context
    this.#now = now
    this.queue = context.address.queue
    this.framedbId = context.address.framedbId
  }

  readonly takeNext = (): ListenedMessage | undefined => this.#hand.next()

  readonly isHeld = (id: string): boolean => this.#hand.has(id)

  readonly startAdvance: StartAdvance = (resume) => {
    const { fork, persevering, startFetch } = this.#context
    // The last batch is acknowledged while the next one is fetched: they go over different connections.
    const ids = this.#hand.takeHandled()
    const sending = ids.length === 0 ? undefined : fork(persevering.repeat(this.#send(ids)))
    let isFetched = false
    const stopFetching = startFetch((fetched) => {
      isFetched = true
      if (sending === undefined) return resume(this.#begin(fetched))
      if (Exit.isFailure(fetched)) sending.interruptUnsafe()
      sending.addObserver((sent) => {
        if (Exit.isFailure(fetched) || Exit.isSuccess(sent)) return resume(this.#begin(fetched))
        // What has come is kept for whoever goes on with this listener; else it goes back with the consumer.
        this.#hold(fetched.value)
        resume(Exit.failCause(sent.cause))
      })
    })
    return () => (isFetched ? sending?.interruptUnsafe() : stopFetching())
  }

  readonly advance: Listener["advance"] = started(this.startAdvance)

  get heartbeat() {
    return Effect.gen({ self: this }, function* () {
      yield* this.#send(this.#hand.takeHandled())
      const { consumer, settings } = this.#context
      const now = this.#now()
      // Less than the third at which hearts beat fastest: one that beats a little early extends all the same.
      if (now - this.#extendedAtMillis < settings.visibilityTimeoutMillis / 4) return
      const waiting = this.#hand.waiting()
      const held = [...this.#hand.inHand(), ...waiting]
      const extended = yield* consumer.extend(
        held.map((message) => message.id),
        settings.visibilityTimeoutMillis,
      )
      this.#extendedAtMillis = now
      for (const [index, message] of held.entries()) {
        // Somebody else has it now. What is in the consumer's hands already stays there.
        if (extended[index] === false && waiting.includes(message)) this.#hand.drop(message)
      }
      // The next heartbeat tries again, and whether the instance is gone for good is for `advance` to say.
    }).pipe(Effect.ignore)
  }

  readonly close = Effect.fnUntraced({ self: this }, function* (this: AutoListener, exit: Exit.Exit<unknown, unknown>) {
    const handled = endedWell(exit) ? this.#hand.takeHanded() : this.#hand.takeHandled()
    yield* Effect.ignore(this.#send(handled))
    if (endedWell(exit)) return
    const reason = endReason(exit)
    const releases = this.#hand.inHand().map(({ id }) => ({ id, delayMillis: 0, reason }))
    // Where it fails, the visibility timeout does the same later.
    yield* Effect.ignore(this.#context.consumer.release(releases))
  })

  readonly acknowledge: Settler["acknowledge"] = (message) =>
    this.#settle(message, () => Effect.map(this.#context.consumer.acknowledge([message.id]), (count) => count === 1))

  readonly release: Settler["release"] = (message, { delayMillis = 0, reason = "given back by the consumer" }) =>
    this.#settle(message, () =>
      Effect.map(
        this.#context.consumer.release([{ id: message.id, delayMillis, reason }]),
        ([wasHeld]) => wasHeld === true,
      ),
    )

  readonly extend: Settler["extend"] = (message, millis = this.#context.settings.visibilityTimeoutMillis) =>
    Effect.suspend(() =>
      this.#hand.holds(message)
        ? Effect.map(this.#context.consumer.extend([message.id], millis), ([isHeld]) => isHeld === true)
        : Effect.succeed(false),
    )

  #settle(message: ListenedMessage, settle: () => Effect.Effect<boolean, BackendError>) {
    return Effect.suspend(() => {
      if (!this.#hand.holds(message)) return Effect.succeed(false)
      return Effect.tap(settle(), () => Effect.sync(() => this.#hand.drop(message)))
    })
  }

  #begin(fetched: Fetched): Next {
    if (Exit.isFailure(fetched)) return Exit.failCause(fetched.cause)
    this.#hold(fetched.value)
    const message = this.#hand.next()
    return message === undefined ? nothingFetched : Exit.succeed(message)
  }

  #hold(batch: ReadonlyArray<QueueDelivery>): void {
    this.#extendedAtMillis = this.#now()
    this.#hand.begin(batch.map((delivery) => new ListenedMessage(this, delivery)))
  }

  /** Sends acknowledgements; those that fail are kept for the next time. */
  #send(ids: ReadonlyArray<string>): Effect.Effect<void, BackendError> {
    if (ids.length === 0) return Effect.void
    return Effect.onExit(Effect.asVoid(this.#context.consumer.acknowledge(ids)), (exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit)) this.#hand.putBack(ids)
      }),
    )
  }
}

/** What is to be sent: keys as they are written, sent together at the end of a tick, and marks. */
import { PendingKeys } from "@framedb/core"
import * as Effect from "effect/Effect"
import { encodeMessage, type InvalidationBody, intoMessages } from "./InvalidationMessage.ts"
import { nextSequence } from "./SenderSequences.ts"

/** Sends a message; succeeds when the server has it. */
type Send<E> = (message: Buffer) => Effect.Effect<unknown, E>

/** Sends keys as they are written, together at the end of a tick, and marks. */
export class Outbox {
  /** 16 random bytes as hexadecimal digits. */
  readonly sender: string
  readonly #pending = new PendingKeys()
  #sequence = 0
  /** Whether others may not know the number of the last message. */
  #isUnmarked = false
  #isMarkDue = false
  #isSending = false
  #wake: (() => void) | undefined

  constructor(sender: string) {
    this.sender = sender
  }

  /** Whether everything was sent. */
  get isEmpty(): boolean {
    return this.#pending.isEmpty && !this.#isSending
  }

  add(key: string): void {
    if (this.#pending.isEmpty) process.nextTick(() => this.#wake?.())
    this.#pending.add(key)
  }

  /** Lets a mark follow, if anything was sent since the last one. */
  mark(): void {
    if (!this.#isUnmarked) return
    this.#isMarkDue = true
    this.#wake?.()
  }

  /** Sends for ever, one message after another, until one fails. What then was not sent for certain stays. */
  sendAll<E>(send: Send<E>): Effect.Effect<never, E> {
    const once = Effect.suspend(() => (this.#pending.isEmpty ? this.#sendMark(send) : this.#sendPending(send)))
    return Effect.forever(Effect.andThen(this.#work, once))
  }

  /** Succeeds when there is something to send. */
  get #work(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const look = () => {
        if (!this.#pending.isEmpty || this.#isMarkDue) resume(Effect.void)
      }
      this.#wake = look
      look()
      return Effect.sync(() => {
        this.#wake = undefined
      })
    })
  }

  #sendPending<E>(send: Send<E>): Effect.Effect<void, E> {
    return Effect.suspend(() => {
      const pending = this.#pending.take()
      this.#isSending = true
      const bodies: ReadonlyArray<InvalidationBody> =
        pending === "everything"
          ? [{ _tag: "Everything" }]
          : intoMessages(pending).map((keys) => ({ _tag: "Keys", keys }))
      return Effect.forEach(bodies, (body) => this.#sendOne(send, body), { discard: true }).pipe(
        Effect.onError(() => Effect.sync(() => this.#pending.giveBack(pending))),
        Effect.ensuring(
          Effect.sync(() => {
            this.#isSending = false
          }),
        ),
      )
    })
  }

  #sendOne<E>(send: Send<E>, body: InvalidationBody): Effect.Effect<void, E> {
    // A number counts once the server has the message: where that is not known it is used again.
    const sequence = nextSequence(this.#sequence)
    return Effect.map(send(encodeMessage({ sender: this.sender, sequence, body })), () => {
      this.#sequence = sequence
      this.#isUnmarked = true
    })
  }

  #sendMark<E>(send: Send<E>): Effect.Effect<void, E> {
    const mark = encodeMessage({ sender: this.sender, sequence: this.#sequence, body: { _tag: "Mark" } })
    return Effect.map(send(mark), () => {
      this.#isMarkDue = false
      this.#isUnmarked = false
    })
  }
}

/**
 * One deadline for everything that is in flight on a connection, kept with one timer.
 *
 * All waits are equally long, so the oldest ends first: a linked list in the order of arrival, a timer for its head, and
 * nothing to arm or disarm when an answer comes in time. Adding and ending cost O(1), amortized; what has ended is
 * dropped as soon as everything older has. The timer never keeps the process alive.
 *
 * When the timer fires, sockets are looked at once more before anything expires: where this process itself was busy for
 * longer than the deadline, the answer is there and has only not been read.
 */

/** Something that waits for an answer. */
export interface Waiting {
  readonly since: number
  /** Called once, when the deadline passes before the end. */
  expire: (() => void) | undefined
  next: Waiting | undefined
}

/** The waits of one connection. */
export class Deadlines {
  readonly #millis: number
  #head: Waiting | undefined
  #tail: Waiting | undefined
  #timer: NodeJS.Timeout | undefined
  #lastLook: NodeJS.Immediate | undefined

  /** `millis` is how long each may wait. */
  constructor(millis: number) {
    this.#millis = millis
  }

  /** Begins a wait. */
  begin(expire: () => void): Waiting {
    // What is timed is a real socket, so this is the machine's monotonic clock, not a program's.
    const waiting: Waiting = { since: performance.now(), expire, next: undefined }
    if (this.#tail === undefined) this.#head = waiting
    else this.#tail.next = waiting
    this.#tail = waiting
    if (this.#timer === undefined && this.#lastLook === undefined) this.#arm(this.#millis)
    return waiting
  }

  /** Ends a wait that an answer or an interruption has ended. */
  end(waiting: Waiting): void {
    waiting.expire = undefined
    this.#dropEnded()
  }

  /** Ends every wait without calling it, and the timer. */
  close(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#lastLook)
    this.#timer = undefined
    this.#lastLook = undefined
    this.#head = undefined
    this.#tail = undefined
  }

  #dropEnded(): void {
    while (this.#head !== undefined && this.#head.expire === undefined) this.#head = this.#head.next
    if (this.#head === undefined) this.#tail = undefined
  }

  #arm(millis: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // Immediates come after the sockets.
      this.#lastLook = setImmediate(() => this.#expireDue())
    }, millis)
    this.#timer.unref()
  }

  #expireDue(): void {
    const due = performance.now() - this.#millis
    // A timer may fire up to a millisecond early.
    while (this.#head !== undefined && this.#head.since <= due + 1) {
      const { expire } = this.#head
      this.#head.expire = undefined
      this.#dropEnded()
      expire?.()
    }
    // Until here, what begins in between arms nothing.
    this.#lastLook = undefined
    if (this.#head !== undefined) this.#arm(Math.max(1, this.#head.since - due))
  }
}

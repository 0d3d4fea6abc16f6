/** The body of an answer, a few chunks at a time, with a bound on silence and on what is read ahead. */
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/** The body is paused while so many bytes wait to be taken: enough for the socket to go on while a chunk is worked on. */
const maxWaitingBytes = 1024 * 1024

/**
 * Lets a Node stream flow and gives what has come meanwhile all at once. Its listeners stay for as long as the body does:
 * adding and removing them for every chunk costs more than the chunk, and so does asking a stream for each.
 */
export class BodyReader {
  readonly #body: Readable
  readonly #idleMillis: number
  readonly #timer: NodeJS.Timeout
  #waiting: Array<Buffer> = []
  #waitingBytes = 0
  #isFlowing = false
  #isWaking = false
  #wake: (() => void) | undefined
  #isIdle = false

  /** `idleMillis` bounds each wait for a chunk, not the time between two reads. */
  constructor(body: Readable, idleMillis: number) {
    this.#body = body
    this.#idleMillis = idleMillis
    this.#timer = setTimeout(() => this.#onIdle(), idleMillis)
    const wake = () => this.#wake?.()
    // An error that nobody waits for any more must not take the process down.
    body.on("end", wake).on("close", wake).on("error", wake)
  }

  /** Takes what has arrived, at least a chunk; `undefined` at the end. Fails with what broke the body, after all that came before. */
  readonly next: Effect.Effect<readonly [Buffer, ...Array<Buffer>] | undefined, unknown> = Effect.suspend(
    (): Effect.Effect<readonly [Buffer, ...Array<Buffer>] | undefined, unknown> => {
      const body = this.#body
      const [first, ...others] = this.#take()
      if (first !== undefined) return Effect.succeed([first, ...others])
      if (body.readableEnded) return Effect.succeed(undefined)
      if (body.errored !== null) return Effect.fail(body.errored)
      if (this.#isIdle) return Effect.fail(coded("ETIMEDOUT", `no byte came for ${this.#idleMillis} ms`))
      if (body.destroyed) return Effect.fail(coded("ECONNRESET", "the connection was closed in the middle of the body"))
      return Effect.flatMap(this.#whenWoken, () => this.next)
    },
  )

  /** Gives the connection up, unless the body has been read to its end. */
  close(): void {
    clearTimeout(this.#timer)
    this.#body.destroy()
  }

  #take(): ReadonlyArray<Buffer> {
    const taken = this.#waiting
    this.#waiting = []
    if (this.#waitingBytes >= maxWaitingBytes) this.#body.resume()
    this.#waitingBytes = 0
    return taken
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.byteLength
    if (this.#waitingBytes >= maxWaitingBytes) this.#body.pause()
    if (this.#isWaking || this.#wake === undefined) return
    // What the socket has more of comes before that, in this turn of the loop.
    this.#isWaking = true
    setImmediate(this.#wakeLater)
  }

  readonly #wakeLater = (): void => {
    this.#isWaking = false
    this.#wake?.()
  }

  readonly #whenWoken = Effect.callback<void>((resume) => {
    this.#timer.refresh()
    this.#wake = () => {
      this.#wake = undefined
      resume(Effect.void)
    }
    if (!this.#isFlowing) {
      this.#isFlowing = true
      this.#body.on("data", this.#onData)
    }
    // What came before anyone could be woken has woken nobody.
    if (this.#waiting.length > 0 || this.#isOver) this.#wake()
    return Effect.sync(() => {
      this.#wake = undefined
    })
  })

  get #isOver(): boolean {
    return this.#body.readableEnded || this.#body.errored !== null || this.#body.destroyed
  }

  #onIdle(): void {
    // Nobody was waiting for the body: it is the reader that took its time.
    if (this.#wake === undefined) return
    this.#isIdle = true
    this.#wake()
  }
}

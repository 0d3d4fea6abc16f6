/** The body of an answer, one chunk at a time, with a bound on silence. */
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/**
 * Reads a Node stream by pulling. Its listeners stay for as long as the body does: adding and removing them for every chunk
 * costs more than the chunk.
 */
export class BodyReader {
  readonly #body: Readable
  readonly #idleMillis: number
  readonly #timer: NodeJS.Timeout
  #wake: (() => void) | undefined
  #isIdle = false

  /** `idleMillis` bounds each wait for a chunk, not the time between two reads. */
  constructor(body: Readable, idleMillis: number) {
    this.#body = body
    this.#idleMillis = idleMillis
    this.#timer = setTimeout(() => this.#onIdle(), idleMillis)
    const wake = () => this.#wake?.()
    // An error that nobody waits for any more must not take the process down.
    body.on("readable", wake).on("end", wake).on("close", wake).on("error", wake)
  }

  /** Reads what has arrived; `undefined` at the end. Fails with what broke the body. */
  readonly next: Effect.Effect<Buffer | undefined, unknown> = Effect.suspend(
    (): Effect.Effect<Buffer | undefined, unknown> => {
      const body = this.#body
      // A body of bytes gives Buffers; the type of read() is any.
      const chunk = body.read() as Buffer | null
      if (chunk !== null) return Effect.succeed(chunk)
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

  readonly #whenWoken = Effect.callback<void>((resume) => {
    this.#timer.refresh()
    this.#wake = () => {
      this.#wake = undefined
      resume(Effect.void)
    }
    return Effect.sync(() => {
      this.#wake = undefined
    })
  })

  #onIdle(): void {
    // Nobody was waiting for the body: it is the reader that took its time.
    if (this.#wake === undefined) return
    this.#isIdle = true
    this.#wake()
  }
}

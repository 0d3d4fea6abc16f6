/**
 * SHA-256 digests of many small objects on a thread of its own. Node digests a buffer on another thread, too, but each by itself and
 * a copy of it: for an object of 4 KiB, to ask costs more than to digest. So a whole segment is lent to this thread with where its
 * objects end, and comes back with the digest of each and of all of it. Nothing is copied on the way.
 */
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A segment that came back. */
export interface DigestedSegment {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The digests of the objects, in order. */
  readonly digests: ReadonlyArray<string>
  /** The digest of the whole segment. */
  readonly whole: string
}

/** What is sent back and forth. The buffer is handed over with it. */
interface Lent {
  readonly buffer: ArrayBuffer
  readonly ends: Uint32Array
}

interface Returned {
  readonly buffer: ArrayBuffer
  readonly sizeBytes: number
  /** All digests, one after the other. */
  readonly hex: string
  readonly whole: string
}

/** As text, so that bundlers have no file to miss. It answers in the order in which it is asked. */
const program = `
const { parentPort } = require("node:worker_threads")
const { hash } = require("node:crypto")
const digest = (buffer, from, to) => hash("sha256", new Uint8Array(buffer, from, to - from), "hex")
parentPort.on("message", ({ buffer, ends }) => {
  let sizeBytes = 0
  let hex = ""
  for (const end of ends) {
    hex += digest(buffer, sizeBytes, end)
    sizeBytes = end
  }
  const whole = digest(buffer, 0, sizeBytes)
  parentPort.postMessage({ buffer, sizeBytes, hex, whole }, [buffer])
})
`

const hexDigits = 64

const digestedOf = ({ buffer, hex, sizeBytes, whole }: Returned): DigestedSegment => ({
  bytes: new Uint8Array(buffer, 0, sizeBytes),
  digests: Array.from({ length: hex.length / hexDigits }, (_, at) => hex.slice(at * hexDigits, (at + 1) * hexDigits)),
  whole,
})

/** A thread that digests. It starts when it is first wanted, and keeps no process alive that waits for nothing of it. */
export class DigestThread {
  #worker: Worker | undefined
  #isRunning = false
  #hasEnded = false
  readonly #waiting: Array<(returned: Returned | undefined) => void> = []

  /** Whether a segment can be lent now. Some tens of milliseconds after its start it can; where no thread may be made, never. */
  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Starts the thread unless it has been. */
  start(): void {
    if (this.#worker !== undefined || this.#hasEnded) return
    try {
      // Without the options and the environment of the process, which may load code into every thread.
      const worker = new Worker(program, { eval: true, execArgv: [], env: {} })
      this.#worker = worker
      worker.unref()
      worker.once("online", () => {
        this.#isRunning = !this.#hasEnded
      })
      worker.on("message", (returned: Returned) => this.#give(returned))
      // The end comes after it, and tells whoever waits.
      worker.on("error", () => this.#end())
      worker.once("exit", () => this.#end())
    } catch {
      this.#end()
    }
  }

  /**
   * Digests a segment that begins at the beginning of its memory, and the objects in it by where they end. The memory is the
   * thread's until it comes back with the result; where the thread ends meanwhile, there is none, and the memory is lost.
   */
  digest(segment: Uint8Array<ArrayBuffer>, ends: Uint32Array): Effect.Effect<DigestedSegment | undefined> {
    return Effect.callback((resume) => {
      const worker = this.#worker
      if (worker === undefined || !this.#isRunning) return resume(Effect.succeed(undefined))
      this.#waiting.push((returned) =>
        resume(Effect.succeed(returned === undefined ? undefined : digestedOf(returned))),
      )
      worker.ref()
      const lent: Lent = { buffer: segment.buffer, ends }
      worker.postMessage(lent, [segment.buffer])
    })
  }

  /** Ends the thread. What was lent is digested no more. */
  readonly close: Effect.Effect<void> = Effect.promise(async () => {
    this.#end()
    await this.#worker?.terminate()
  })

  #give(returned: Returned): void {
    this.#waiting.shift()?.(returned)
    if (this.#waiting.length === 0) this.#worker?.unref()
  }

  #end(): void {
    this.#isRunning = false
    this.#hasEnded = true
    for (const give of this.#waiting.splice(0)) give(undefined)
  }
}

/** Makes a thread that ends with the scope. */
export const makeDigestThread: Effect.Effect<DigestThread, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => new DigestThread()),
  (thread) => thread.close,
)

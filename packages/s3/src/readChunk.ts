/** One chunk at a time out of a Node stream, with a bound on silence. */
import type { Readable } from "node:stream"
import * as Effect from "effect/Effect"

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })

/** Waits until a read can say something: bytes, the end, or a failure. */
const whenReadable = (body: Readable, idleMillis: number): Effect.Effect<void, unknown> =>
  Effect.callback<void, unknown>((resume) => {
    const finish = (effect: Effect.Effect<void, unknown>) => {
      stop()
      resume(effect)
    }
    const go = () => finish(Effect.void)
    const fail = (thrown: unknown) => finish(Effect.fail(thrown))
    const idle = () => fail(coded("ETIMEDOUT", `no byte came for ${idleMillis} ms`))
    const timer = setTimeout(idle, idleMillis)
    const stop = () => {
      clearTimeout(timer)
      body.off("readable", go).off("end", go).off("close", go).off("error", fail)
    }
    body.on("readable", go).on("end", go).on("close", go).on("error", fail)
    return Effect.sync(stop)
  })

/** Reads what has arrived, waiting at most `idleMillis`; `undefined` at the end. Fails with what broke the stream. */
export const readChunk = (body: Readable, idleMillis: number): Effect.Effect<Buffer | undefined, unknown> =>
  Effect.suspend((): Effect.Effect<Buffer | undefined, unknown> => {
    // A body of bytes gives Buffers; the type of read() is any.
    const chunk = body.read() as Buffer | null
    if (chunk !== null) return Effect.succeed(chunk)
    if (body.readableEnded) return Effect.succeed(undefined)
    if (body.errored !== null) return Effect.fail(body.errored)
    if (body.destroyed) return Effect.fail(coded("ECONNRESET", "the connection was closed in the middle of the body"))
    return Effect.andThen(whenReadable(body, idleMillis), readChunk(body, idleMillis))
  })

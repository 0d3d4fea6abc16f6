/**
 * Writes a large object to one place and reads it back, in a process that does nothing else, and sends its parent what
 * each took. Arguments: `in-memory`, `storage` or `s3`, the URL of it, the size in MiB.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

const mebibyte = 1024 * 1024
const [place = "", url = "", size = ""] = process.argv.slice(2)
const mebibytes = Number(size)

let peakBytes = 0
const look = () => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
}

/** The most resident memory since it was last asked, in MiB. */
const takePeak = () => {
  look()
  const peak = Math.round(peakBytes / mebibyte)
  peakBytes = 0
  return peak
}

const body = Stream.mapEffect(Stream.range(1, mebibytes * 4), (index) =>
  Effect.sync(() => {
    look()
    return new Uint8Array(mebibyte / 4).fill(index)
  }),
)

const measured = Effect.fnUntraced(function* <A, E, R>(name: string, work: Effect.Effect<A, E, R>) {
  const [duration] = yield* Effect.timed(work)
  const rate = Math.round((mebibytes / Duration.toMillis(duration)) * 1000)
  process.send?.({ name, peak: takePeak(), rate })
})

const readAll = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Effect.gen(function* () {
    let bytes = 0
    yield* Stream.runForEach(stream, (piece) =>
      Effect.sync(() => {
        bytes += piece.byteLength
        look()
      }),
    )
    if (bytes !== mebibytes * mebibyte) return yield* Effect.die(new Error("what was read is not whole"))
  })

// Only the driver that is used is loaded.
const { openPlace } = place === "s3" ? await import("./memoryOfS3.ts") : await import("./memoryOfDatabase.ts")

const drill = Effect.scoped(
  Effect.gen(function* () {
    const { write, read } = yield* openPlace(place, url)
    yield* measured("write", write(body))
    yield* measured("read", readAll(read))
  }),
)

look()
await Effect.runPromise(drill)
process.disconnect()

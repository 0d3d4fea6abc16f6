/** Runs work on many keys and says what became of each: failures as they come, then a summary; or JSON, a line a key. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { BulkProgress, BulkResult, BulkTotals } from "framedb"
import { errorText } from "./onFailure.ts"
import { ProgressLine } from "./ProgressLine.ts"
import { complain, say } from "./say.ts"
import { sizeText } from "./units.ts"

/** Some keys failed; each has been told of. */
export class KeysFailed extends Data.TaggedError("KeysFailed")<{ readonly message: string }> {}

/** How the work is told of. */
export interface BulkOutput {
  readonly json: boolean
  /** How many keys there will be, where that is known. */
  readonly total: number | undefined
  /** What was done to a key that succeeded, such as `copied`. */
  readonly done: string
  /** What a key was that needed no work, such as `unchanged`. */
  readonly skipped: string
}

const jsonOf = (result: BulkResult<Error>): string =>
  JSON.stringify(result.status === "failed" ? { ...result, error: errorOf(result.error) } : result)

const errorOf = (error: Error) => ({ _tag: "_tag" in error ? error._tag : error.name, message: error.message })

const noTotals: BulkTotals = { succeeded: 0, skipped: 0, failed: 0, bytes: 0 }

const summary = (totals: BulkTotals, durationMillis: number, { done, skipped }: BulkOutput): string => {
  const rest = [
    ...(totals.skipped === 0 ? [] : [`${totals.skipped} ${skipped}`]),
    ...(totals.failed === 0 ? [] : [`${totals.failed} failed`]),
  ]
  const what = [`${totals.succeeded} ${done}`, ...rest, sizeText(totals.bytes)].join(", ")
  return `${what} in ${(durationMillis / 1000).toFixed(1)} s`
}

/** Runs the work to its end. Fails with `KeysFailed` where a key did. What ends it before is told with what was done until then. */
export const runBulk = Effect.fnUntraced(function* <E extends Error, E2>(
  progress: Stream.Stream<BulkProgress<E>, E2>,
  output: BulkOutput,
) {
  const start = yield* Clock.currentTimeMillis
  const line = new ProgressLine(process.stderr, output.total, start)
  let totals = noTotals
  const tell = Effect.fnUntraced(function* (isComplete: boolean) {
    line.clear()
    const durationMillis = (yield* Clock.currentTimeMillis) - start
    if (output.json) return yield* say(JSON.stringify({ ...totals, durationMillis, isComplete }))
    const text = summary(totals, durationMillis, output)
    if (isComplete) yield* say(text)
    else if (totals !== noTotals) yield* complain(`until then ${text}`)
  })
  yield* Stream.runForEach(
    progress,
    Effect.fnUntraced(function* ({ result, totals: soFar }) {
      totals = soFar
      if (output.json) return yield* say(jsonOf(result))
      if (result.status === "failed") {
        line.clear()
        yield* complain(`${result.key}: ${errorText(result.error)}`)
      }
      line.update(totals, yield* Clock.currentTimeMillis)
    }),
  ).pipe(Effect.onExit((exit) => tell(Exit.isSuccess(exit))))
  if (totals.failed > 0) return yield* new KeysFailed({ message: `${totals.failed} failed` })
})

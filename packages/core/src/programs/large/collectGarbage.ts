/** Removes what writers that died and objects that were replaced have left on an instance. */
import * as Effect from "effect/Effect"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { Location } from "../../domain/Location.ts"
import { orUnbounded, problemOf, wholeNumber } from "../../errors/OptionRules.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { Connections } from "../instances/Connections.ts"
import { problemOfTarget } from "../objects/SetObject.ts"
import { retrying } from "../retrying.ts"
import { makeAskChunks } from "./placedChunks.ts"

/** Which instance, and how much of the work to do. */
export interface CollectGarbageOptions extends Omit<Location, "framedbId"> {
  readonly framedbId: string
  /** The most steps, each of a few messages to the instance and at most some 256 MiB removed. Default 10,000. */
  readonly maxSteps?: number
}

/** What was done. */
export interface GarbageReport {
  /** How many versions of objects were removed, or will go when their grace ends. */
  readonly versions: number
  /** Whether nothing is left that is due now. */
  readonly isDone: boolean
}

const defaultSteps = 10_000

const stepRules = { maxSteps: orUnbounded(wholeNumber(1)) }

/** Builds the program. Writes of large objects do a step of it each; it is called where there are none, or at once after a mishap. */
export const makeCollectGarbage = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const ask = makeAskChunks({ connections: yield* Connections, repeat: retrying(options) })

  return Effect.fn("FrameDB.collectGarbage")(function* (where: CollectGarbageOptions) {
    const problem = problemOfTarget(where) ?? problemOf<Pick<CollectGarbageOptions, "maxSteps">>(where, stepRules)
    if (problem !== undefined) return yield* problem
    const { framedbId, type, maxSteps } = where
    const place: Location = { framedbId: framedbId as FramedbId, type } // Validated in the line above.
    let versions = 0
    for (let step = 0; step < (maxSteps ?? defaultSteps); step++) {
      const collected = yield* ask(place, (store) => store.collect)
      versions += collected.versions
      const report: GarbageReport = { versions, isDone: !collected.hasMore }
      if (report.isDone) return report
    }
    const unfinished: GarbageReport = { versions, isDone: false }
    return unfinished
  })
})

/** What a command would do to objects, without doing it. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BackendError, FrameDB } from "framedb"
import type { SelectedKeys } from "./keys.ts"
import { sizeText } from "./units.ts"

/** How it is told. */
export interface Rehearsal {
  readonly json: boolean
  /** What would be done, such as `copied`. */
  readonly verb: string
}

/** How many questions to the routing service are open at once: those of one tick go together. */
const concurrency = 64

/** Asks for each object, and says which would be worked on. Fails with the first that is not there. */
export const rehearse = Effect.fnUntraced(function* (
  db: FrameDB["Service"],
  keys: SelectedKeys<BackendError>["keys"],
  { json, verb }: Rehearsal,
) {
  let [objects, bytes] = [0, 0]
  yield* Stream.runForEach(
    Stream.mapEffect(keys, (key) => db.statObject(key), { concurrency }),
    ({ key, sizeBytes }) => {
      objects++
      bytes += sizeBytes
      return Console.log(json ? JSON.stringify({ key, sizeBytes }) : `${key}  ${sizeText(sizeBytes)}`)
    },
  )
  if (json) yield* Console.log(JSON.stringify({ objects, bytes, dryRun: true }))
  else yield* Console.log(`${objects} objects, ${sizeText(bytes)}, would be ${verb}`)
})

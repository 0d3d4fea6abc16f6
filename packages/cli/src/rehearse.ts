/** What a command would do to objects, without doing it. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BackendError, FrameDB, ObjectInfo, ObjectNotFound } from "framedb"
import { KeysFailed } from "./bulk.ts"
import type { SelectedKeys } from "./keys.ts"
import { errorText } from "./onFailure.ts"
import { complain, say } from "./say.ts"
import { sizeText } from "./units.ts"

/** How it is told. */
export interface Rehearsal {
  readonly json: boolean
  /** What would be done, such as `copied`. */
  readonly verb: string
}

/** How many questions to the routing service are open at once: those of one tick go together. */
const concurrency = 64

/** Asks for each object, and says which would be worked on. Fails with `KeysFailed` where one is not there. */
export const rehearse = Effect.fnUntraced(function* (
  db: FrameDB["Service"],
  keys: SelectedKeys<BackendError>["keys"],
  { json, verb }: Rehearsal,
) {
  let [objects, bytes, failed] = [0, 0, 0]
  const show = ({ key, sizeBytes }: ObjectInfo) => {
    objects++
    bytes += sizeBytes
    return say(json ? JSON.stringify({ key, sizeBytes }) : `${key}  ${sizeText(sizeBytes)}`)
  }
  const pass = (error: ObjectNotFound) => {
    failed++
    return complain(`${error.key}: ${errorText(error)}`)
  }
  // What is told is told in the order of the keys, so the telling waits until after the asking.
  const told = Stream.mapEffect(
    keys,
    (key) =>
      Effect.map(db.statObject(key), (info) => show(info)).pipe(
        Effect.catchTag("ObjectNotFound", (error) => Effect.succeed(pass(error))),
      ),
    { concurrency },
  )
  yield* Stream.runForEach(told, (tell) => tell)
  if (json) yield* say(JSON.stringify({ objects, bytes, failed, dryRun: true }))
  else yield* say(`${objects} objects, ${sizeText(bytes)}, would be ${verb}`)
  if (failed > 0) return yield* new KeysFailed({ message: `${failed} failed` })
})

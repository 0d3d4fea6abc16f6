/** Many reads as one effect: a callback a key instead of a fiber. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { FrameObject } from "../../domain/FrameObject.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { ObjectReader, ReadError } from "./ObjectReader.ts"

/** How many keys are asked for at once: several batches for each of a few instances, and a bound on what is held. */
export const readWindowKeys = 1024

/** What reading many can fail with: a key without an object is an answer. */
export type ReadManyError = Exclude<ReadError, ObjectNotFound>

const isAbsent = (exit: Exit.Exit<FrameObject, ReadError>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => reason._tag === "Fail" && reason.error._tag === "ObjectNotFound")

const readWindow = (reader: ObjectReader["Service"], keys: ReadonlyArray<ObjectKey>) =>
  Effect.callback<ReadonlyArray<Option.Option<FrameObject>>, ReadManyError>((resume) => {
    const answers: Array<Option.Option<FrameObject>> = keys.map(() => Option.none())
    const stops: Array<() => void> = []
    let open = keys.length
    const stopAll = () => {
      for (const stop of stops) stop()
    }
    const settle = (index: number, exit: Exit.Exit<FrameObject, ReadError>) => {
      if (Exit.isSuccess(exit)) answers[index] = Option.some(exit.value)
      else if (!isAbsent(exit)) {
        stopAll()
        // An absent object was ruled out above.
        resume(exit as Exit.Exit<never, ReadManyError>)
        return
      }
      open--
      if (open === 0) resume(Exit.succeed(answers))
    }
    keys.forEach((key, index) => {
      const cached = reader.peek(key)
      if (cached !== undefined) settle(index, Exit.succeed(cached))
      else stops.push(reader.start(key, (exit) => settle(index, exit)))
    })
    return Effect.sync(stopAll)
  })

/** Reads objects in the order of their keys; `None` for a key that has none. Fails with the first failure. */
export const readMany = Effect.fnUntraced(function* (reader: ObjectReader["Service"], keys: ReadonlyArray<ObjectKey>) {
  const answers: Array<Option.Option<FrameObject>> = []
  for (let begin = 0; begin < keys.length; begin += readWindowKeys) {
    const window = yield* readWindow(reader, keys.slice(begin, begin + readWindowKeys))
    for (const answer of window) answers.push(answer)
  }
  return answers
})

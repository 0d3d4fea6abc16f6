/**
 * Two writers that move one object at once, or a mover and a client that copies.
 *
 * A mover registers its place, clears the place before, and then looks whether its bytes are still at its own. Where something
 * else is there although the route names the place, nobody knows whose it is: that of a later writer, or of a client that took
 * the place for a copy's when the route didn't name it yet. The mover, who has been told nothing yet, writes again: its object
 * is the last one then. Where the route names the place before again, whoever moved the object back there is the later
 * writer; only where that may have lost its bytes to this mover, the mover writes again, too.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import type { Placement } from "./placing.ts"

/** A move that has to be made again. Never leaves the programs. */
export class Contested {
  readonly _tag = "Contested"
}

/** Beyond so many rounds the writers are not two that met but many that fight. */
const maxRounds = 8

/** Two writers in step would meet again and again: by chance one of them is late. */
const pauses = Schedule.exponential(10).pipe(Schedule.jittered, Schedule.upTo({ times: maxRounds }))

/** The failure of a write whose place others keep taking. */
export const neverSettled = ({ framedbId }: Placement) =>
  new BackendError({
    backend: "routing",
    operation: "register",
    instance: framedbId,
    reason: backendReason("Overloaded", "other writers keep moving the object"),
    maybeApplied: true,
  })

/** Makes a move that was contested again, a bounded number of times. */
export const untilSettled = <A, E>(
  placement: Placement,
  writing: Effect.Effect<A, E | Contested>,
): Effect.Effect<A, E | BackendError> =>
  writing.pipe(
    Effect.retry({ schedule: pauses, while: (error) => error instanceof Contested }),
    Effect.mapError((error) => (error instanceof Contested ? neverSettled(placement) : error)),
  )

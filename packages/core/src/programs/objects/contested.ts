/**
 * Two writers that move one object at once, each to where the other removes it.
 *
 * A mover registers its place, removes the bytes at the place before, and then looks at the route once more. Where the
 * route names the place that it has just cleared, somebody registered it in between, and it may be their bytes that
 * were removed, although they have been told that they are stored. The mover, who has been told nothing yet, writes
 * again: its object is the last one then. Who registers after that look finds their bytes missing by themselves.
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

const neverSettled = ({ framedbId }: Placement) =>
  new BackendError({
    backend: "routing",
    operation: "register",
    instance: framedbId,
    reason: backendReason("Overloaded", "other writers keep moving the object"),
    maybeApplied: true,
  })

/** Fails where a move was contested that can't be made again, since its bytes have gone by. */
export const asFailure =
  (placement: Placement) =>
  <A, E>(writing: Effect.Effect<A, E | Contested>): Effect.Effect<A, E | BackendError> =>
    Effect.mapError(writing, (error) => (error instanceof Contested ? neverSettled(placement) : error))

/** Makes a move that was contested again, a bounded number of times. */
export const untilSettled = <A, E>(
  placement: Placement,
  writing: Effect.Effect<A, E | Contested>,
): Effect.Effect<A, E | BackendError> =>
  writing.pipe(Effect.retry({ schedule: pauses, while: (error) => error instanceof Contested }), asFailure(placement))

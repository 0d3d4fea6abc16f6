/** Registrations of one tick, and of those that wait behind them, sent together. */
import type { ObjectRoute } from "../../domain/Route.ts"
import { BackendError, backendReason } from "../../errors/BackendError.ts"
import { maxRoutesPerLookup, type ObjectRouting, type Registered } from "../../ports/ObjectRouting.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { Batcher, type BatcherOptions } from "../instances/Batcher.ts"

/**
 * Batches under way at once. The server makes each durable in one go, so that a few large batches are done sooner than
 * many small ones; with two it always has the next one to read.
 */
const batchesInFlight = 2

/** The most bytes of one batch. Only routes with much metadata come near. */
const batchBytes = 1024 * 1024

/** What a route takes beside its metadata, in bytes: names of fields, instance, size; keys are short. */
const bytesOfFields = 256

/** About the bytes that a route takes in a batch. */
export const bytesOfRoute = ({ metadata }: ObjectRoute): number => {
  // Most objects have none, and need no text to be made for it.
  for (const _ in metadata) return bytesOfFields + JSON.stringify(metadata).length
  return bytesOfFields
}

/** Why a route is not registered now. Surely not applied: who waits for a turn has not been sent. */
export const overloaded = (message: string) =>
  new BackendError({
    backend: "routing",
    operation: "register",
    reason: backendReason("Overloaded", message),
    maybeApplied: false,
  })

/** Gives the batches of registrations. */
export const makeRegistrations = (
  routing: ObjectRouting["Service"],
  options: FrameDBOptions,
  fork: BatcherOptions<ObjectRoute, Registered, BackendError>["fork"],
): Batcher<ObjectRoute, Registered, BackendError> =>
  new Batcher({
    run: routing.registerMany,
    fork,
    maxItems: maxRoutesPerLookup,
    maxBytes: batchBytes,
    maxInFlight: batchesInFlight,
    maxWaitMillis: options.maxWaitMillis,
    overloaded,
    // Each is answered by itself already.
    splitOn: () => false,
  })

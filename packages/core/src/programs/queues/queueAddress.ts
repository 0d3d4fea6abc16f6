import * as Effect from "effect/Effect"
import { type FramedbId, problemOfFramedbId } from "../../domain/FramedbId.ts"
import { problemOfQueueName, type QueueName } from "../../domain/QueueName.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"

/** A queue and the instance that it is on. */
export interface QueueAddress {
  readonly queue: QueueName
  readonly framedbId: FramedbId
}

/** Checks what a caller says of a queue, without an effect. */
export const checkedAddress = (queue: string, framedbId: string): QueueAddress | InvalidArgument => {
  const problem = problemOfQueueName(queue)
  if (problem !== undefined) return new InvalidArgument({ argument: "queue", message: problem })
  const other = problemOfFramedbId(framedbId)
  if (other !== undefined) return new InvalidArgument({ argument: "framedbId", message: other })
  // Both have just been checked by the rules of their brands.
  return { queue: queue as QueueName, framedbId: framedbId as FramedbId }
}

/** Checks what a caller says of a queue. Fails with `InvalidArgument`. */
export const queueAddress = (queue: string, framedbId: string): Effect.Effect<QueueAddress, InvalidArgument> => {
  const address = checkedAddress(queue, framedbId)
  return address instanceof InvalidArgument ? Effect.fail(address) : Effect.succeed(address)
}

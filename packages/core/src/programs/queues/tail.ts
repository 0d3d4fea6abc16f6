import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { problemOfStreamStart, type StreamStart } from "../../domain/StreamStart.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { QueueDelivery } from "../../ports/QueueStore.ts"
import type { TailMessage } from "../../ports/StreamMessage.ts"
import { inOwnScope } from "./inOwnScope.ts"
import { persevering } from "./persevering.ts"
import type { QueueError, QueueSource } from "./QueueResolver.ts"
import { type QueueAddress, queueAddress } from "./queueAddress.ts"

/** How a queue is followed. */
export interface TailOptions {
  /** Default: `now`. */
  readonly from?: StreamStart
  /** The most messages fetched at once. Default: 512. */
  readonly batchSize?: number
  /** How long a lost connection may stay lost before the stream fails, in milliseconds. Default: 300,000. */
  readonly giveUpAfterMillis?: number
}

/** The longest that one fetch waits, in milliseconds. */
const maxWaitMillis = 1_000

type NonEmpty<A> = readonly [A, ...ReadonlyArray<A>]

const isNonEmpty = <A>(array: ReadonlyArray<A>): array is NonEmpty<A> => array.length > 0

const tailMessage = ({ queue, framedbId }: QueueAddress, delivery: QueueDelivery): TailMessage => {
  const { attempts: _, ...message } = delivery
  return { ...message, queue, framedbId }
}

const openTail = Effect.fnUntraced(function* (
  { resolve, repeat: repeatOpening }: QueueSource,
  queue: string,
  framedbId: string,
  options: TailOptions,
): Effect.fn.Return<Stream.Stream<TailMessage, QueueError>, QueueError, Scope.Scope> {
  const { from = "now", batchSize = 512, giveUpAfterMillis = 300_000 } = options
  const address = yield* queueAddress(queue, framedbId)
  const problem = problemOfStreamStart(from)
  if (problem !== undefined) return yield* new InvalidArgument({ argument: "from", message: problem })
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > 512) {
    return yield* new InvalidArgument({ argument: "batchSize", message: "batchSize is a whole number from 1 to 512" })
  }
  const opening = Effect.flatMap(resolve(address.framedbId), (store) => store.tail(address.queue, from))
  const { opened: tail } = yield* repeatOpening(inOwnScope(yield* Effect.scope, opening))
  const { repeat, noting, show } = persevering({ ...address, giveUpAfterMillis, clock: yield* Clock.Clock })
  const receive = Effect.tap(noting(tail.receive({ maxMessages: batchSize, waitMillis: maxWaitMillis })), show)
  const pull = Effect.gen(function* () {
    for (;;) {
      const messages = (yield* repeat(receive)).map((delivery) => tailMessage(address, delivery))
      if (isNonEmpty(messages)) return messages
    }
  })
  return Stream.fromPull(Effect.succeed(pull))
})

/** Follows a queue without taking anything from it. Endless. A list can't be followed: `Rejected`. */
export const tailStream = (
  source: QueueSource,
  queue: string,
  framedbId: string,
  options: TailOptions = {},
): Stream.Stream<TailMessage, QueueError> => Stream.unwrap(openTail(source, queue, framedbId, options))

/** Every operation of queues, over whatever opens an instance's queues and the routing service. */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { StreamQueueInfo } from "../../domain/StreamQueueInfo.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { StreamMessage, TailMessage } from "../../ports/StreamMessage.ts"
import type { StreamRouting } from "../../ports/StreamRouting.ts"
import type { Resume } from "../instances/Batcher.ts"
import type { Listener } from "./Listener.ts"
import type { ListenOptions } from "./ListenOptions.ts"
import { messageStream } from "./messageStream.ts"
import { openDrain, openListener } from "./openListener.ts"
import { type PublishError, Publisher } from "./Publisher.ts"
import type { PublishOptions } from "./PublishOptions.ts"
import type { QueueError, QueuePeek, QueueResolver, QueueSource, Repeat } from "./QueueResolver.ts"
import { queueAddress } from "./queueAddress.ts"
import { type TailOptions, tailStream } from "./tail.ts"

/** Which side of a queue to look at. */
export interface QueueInfoOptions {
  /** Default: `framedb`. */
  readonly group?: string
}

/** How dead letters are put back. */
export interface RedriveOptions {
  /** The most to put back. Default: all. */
  readonly maxMessages?: number
}

/** The operations of queues: publishing, listening, draining, following, and looking. */
export interface Queues {
  /**
   * Adds a message at the end of a queue and gives its id (empty on a list). Messages published at once share a batch, and
   * are kept in the order in which they were published. A batch whose answer was lost is sent again and added once.
   */
  readonly publish: (queue: string, data: Uint8Array, options: PublishOptions) => Effect.Effect<string, PublishError>
  /** As `publish`, without a fiber: calls `resume` once, and gives a function that takes the message back if it still can. */
  readonly startPublish: (
    queue: string,
    data: Uint8Array,
    options: PublishOptions,
    resume: Resume<string, PublishError>,
  ) => () => void
  /**
   * Listens. Endless: fails when it can't go on. Each message goes to one listener of the group, at least once, in order;
   * it is acknowledged when the next one is pulled, or when a run of the stream succeeds. A run that fails or is
   * interrupted gives its message back, with the failure as the reason of the dead letter that it may become.
   */
  readonly listenForStreamData: (
    queue: string,
    framedbId: string,
    options?: ListenOptions,
  ) => Stream.Stream<StreamMessage, QueueError>
  /** Takes what is there when it begins, and ends. What is not pulled stays, as does what another listener has in hand. */
  readonly pullAllStreamData: (
    queue: string,
    framedbId: string,
    options?: ListenOptions,
  ) => Stream.Stream<StreamMessage, QueueError>
  /** Follows a queue without taking from it. */
  readonly tail: (queue: string, framedbId: string, options?: TailOptions) => Stream.Stream<TailMessage, QueueError>
  /** A look at a queue. */
  readonly queueInfo: (
    queue: string,
    framedbId: string,
    options?: QueueInfoOptions,
  ) => Effect.Effect<StreamQueueInfo, QueueError>
  /** Puts dead letters back at the end of their queue and gives how many. */
  readonly redrive: (queue: string, framedbId: string, options?: RedriveOptions) => Effect.Effect<number, QueueError>
  /**
   * Takes the oldest message for good, once `use` has succeeded with it; where that fails, the message goes back, counted
   * as tried. `None` where there is none to take.
   */
  readonly takeOldest: <A, E>(
    queue: string,
    framedbId: string,
    use: (message: StreamMessage) => Effect.Effect<A, E>,
  ) => Effect.Effect<Option.Option<A>, QueueError | E>
  /** The listener behind `listenForStreamData`, for a face that is no Stream. */
  readonly openListener: (
    queue: string,
    framedbId: string,
    options?: ListenOptions,
  ) => Effect.Effect<Listener, QueueError, Scope.Scope>
  /** The listener behind `pullAllStreamData`, for a face that is no Stream. */
  readonly openDrain: (
    queue: string,
    framedbId: string,
    options?: ListenOptions,
  ) => Effect.Effect<Listener, QueueError, Scope.Scope>
}

/**
 * Makes the operations; what is being published ends with the scope. Without `peek` they find no instance open, and open each by
 * an effect; without `repeat` a failed look or a failed opening of a listener is the answer.
 */
export const make = Effect.fnUntraced(function* (
  resolve: QueueResolver,
  routing: StreamRouting["Service"],
  peek: QueuePeek = () => undefined,
  repeat: Repeat = identity,
): Effect.fn.Return<Queues, never, Scope.Scope> {
  const source: QueueSource = { resolve, repeat }
  const publisher = yield* Publisher.make(resolve, routing, peek)
  const listen: Queues["openListener"] = (queue, framedbId, options) => openListener(source, queue, framedbId, options)
  const drain: Queues["openDrain"] = (queue, framedbId, options) => openDrain(source, queue, framedbId, options)
  return {
    publish: (queue, data, options) => publisher.publish(queue, data, options),
    startPublish: (queue, data, options, resume) => publisher.start(queue, data, options, resume),
    listenForStreamData: (queue, framedbId, options) => messageStream(listen(queue, framedbId, options)),
    pullAllStreamData: (queue, framedbId, options) => messageStream(drain(queue, framedbId, options)),
    tail: (queue, framedbId, options) => tailStream(source, queue, framedbId, options),
    queueInfo: (queue, framedbId, options) => queueInfo(source, queue, framedbId, options),
    redrive: (queue, framedbId, options) => redrive(source, queue, framedbId, options),
    takeOldest: (queue, framedbId, use) => takeOldest(drain(queue, framedbId, { batchSize: 1 }), use),
    openListener: listen,
    openDrain: drain,
  }
})

const queueInfo = Effect.fnUntraced(function* (
  { resolve, repeat }: QueueSource,
  queue: string,
  framedbId: string,
  { group = "framedb" }: QueueInfoOptions = {},
) {
  const address = yield* queueAddress(queue, framedbId)
  const look = Effect.flatMap(resolve(address.framedbId), (store) => store.info(address.queue, group))
  const info = yield* repeat(Effect.scoped(look))
  const answer: StreamQueueInfo = { ...info, framedbId: address.framedbId }
  return answer
})

const redrive = Effect.fnUntraced(function* (
  { resolve, repeat }: QueueSource,
  queue: string,
  framedbId: string,
  { maxMessages = Number.MAX_SAFE_INTEGER }: RedriveOptions = {},
) {
  const address = yield* queueAddress(queue, framedbId)
  if (!Number.isInteger(maxMessages) || maxMessages < 1) {
    return yield* new InvalidArgument({ argument: "maxMessages", message: "maxMessages is a whole number above 0" })
  }
  const move = Effect.flatMap(resolve(address.framedbId), (store) => store.redrive(address.queue, maxMessages))
  return yield* repeat(Effect.scoped(move))
})

/** The next message, or `undefined` where the drain has come to its end. */
const nextOf = (listener: Listener) =>
  Effect.suspend(() => {
    const message = listener.takeNext()
    return message === undefined
      ? Effect.catchTag(listener.advance, "Done", () => Effect.succeed(undefined))
      : Effect.succeed(message)
  })

const takeOldest = Effect.fnUntraced(function* <A, E>(
  open: Effect.Effect<Listener, QueueError, Scope.Scope>,
  use: (message: StreamMessage) => Effect.Effect<A, E>,
) {
  const message = yield* nextOf(yield* open)
  if (message === undefined) return Option.none<A>()
  const used = yield* use(message)
  yield* message.ack
  return Option.some(used)
}, Effect.scoped)

/** The queues of the open instances, as a service. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { ContentDescription, FrameObject, ObjectInfo } from "../../domain/FrameObject.ts"
import { emptyMetadata, type Metadata } from "../../domain/Metadata.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { QueueName } from "../../domain/QueueName.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import { noHeaders, type StreamHeaders, type StreamMessage } from "../../ports/StreamMessage.ts"
import { StreamRouting } from "../../ports/StreamRouting.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { Connections } from "../instances/Connections.ts"
import type { SetObjectInput } from "../objects/SetObject.ts"
import { retrying } from "../retrying.ts"
import { ownMetadata } from "../routes/routeMetadata.ts"
import type { PublishError } from "./Publisher.ts"
import { keepsNoHeaders } from "./PublishLane.ts"
import type { QueueError } from "./QueueResolver.ts"
import * as Queues from "./Queues.ts"

/** Queues, and the two places where objects and queues meet. */
export class QueueOperations extends Context.Service<
  QueueOperations,
  Queues.Queues & {
    /**
     * What `getObject` does with a key that no object has: takes the oldest message of the queue of that name, once `use` has
     * succeeded with it.
     */
    readonly takeObject: <A, E>(
      key: ObjectKey,
      use: (object: FrameObject) => Effect.Effect<A, E>,
    ) => Effect.Effect<A, QueueError | ObjectNotFound | E>
    /**
     * What `setObject` does with the type `stream`: publishes to the queue named by the key. The serializer's name goes into
     * the header `serializer`, but for a list, which keeps no headers.
     */
    readonly publishObject: (
      input: SetObjectInput,
      content?: ContentDescription,
    ) => Effect.Effect<ObjectInfo, PublishError>
    /** The instance of a queue; `None` where the routing service knows no such queue. */
    readonly findQueue: (queue: QueueName) => Effect.Effect<Option.Option<string>, BackendError>
  }
>()("@framedb/core/QueueOperations") {}

const problemOfMessage = ({ key, metadata, contentType }: SetObjectInput): InvalidArgument | undefined => {
  if (key === undefined)
    return new InvalidArgument({ argument: "key", message: "the key of a message names its queue" })
  if (metadata === undefined && contentType === undefined) return undefined
  const argument = metadata === undefined ? "contentType" : "metadata"
  return new InvalidArgument({ argument, message: `a message has headers, no ${argument}: use publish` })
}

const objectOf = (key: ObjectKey, metadata: Metadata, message: StreamMessage): FrameObject => {
  const { data, framedbId, headers } = message
  const serializer = headers["serializer"]
  return {
    ...{ key, data, metadata, framedbId, sizeBytes: data.byteLength, type: "stream", source: "queue" },
    content: serializer === undefined ? {} : { serializer },
  }
}

/** Builds the service over the open instances and the routing service. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const connections = yield* Connections
  const routing = yield* StreamRouting
  const repeat = retrying(options)
  const queues = yield* Queues.make(
    (framedbId) => Effect.map(connections.acquire(framedbId, "redis"), ({ connection }) => connection.queues),
    routing,
    (framedbId) => connections.peek(framedbId, "redis"),
    repeat,
  )

  const takeObject = Effect.fnUntraced(function* <A, E>(
    key: ObjectKey,
    use: (object: FrameObject) => Effect.Effect<A, E>,
  ) {
    // Objects and queues obey the same rules of naming.
    const route = yield* repeat(routing.find(key as string as QueueName))
    if (Option.isNone(route)) return yield* new ObjectNotFound({ key })
    const metadata = ownMetadata(route.value.metadata)
    const taken = yield* queues.takeOldest(key, route.value.framedbId, (message) =>
      use(objectOf(key, metadata, message)),
    )
    return Option.isSome(taken) ? taken.value : yield* new ObjectNotFound({ key })
  })

  const publishWith = (input: SetObjectInput, headers: StreamHeaders) => {
    const { key = "", data, framedbId } = input
    return queues.publish(key, data, { framedbId, headers })
  }

  const publishObject = Effect.fnUntraced(function* (input: SetObjectInput, content: ContentDescription = {}) {
    const problem = problemOfMessage(input)
    if (problem !== undefined) return yield* problem
    const { key = "", data, framedbId } = input
    const { serializer } = content
    yield* serializer === undefined
      ? publishWith(input, noHeaders)
      : Effect.catchIf(publishWith(input, { serializer }), keepsNoHeaders, () => publishWith(input, noHeaders))
    const info: ObjectInfo = {
      // Validated by publishing.
      ...{ key: key as ObjectKey, framedbId: framedbId as ObjectInfo["framedbId"], type: "stream" },
      ...{ sizeBytes: data.byteLength, metadata: emptyMetadata, content, copies: [] },
    }
    return info
  })

  const findQueue = (queue: QueueName) =>
    Effect.map(
      repeat(routing.find(queue)),
      Option.map(({ framedbId }) => framedbId),
    )

  return QueueOperations.of({ ...queues, takeObject, publishObject, findQueue })
})

/** Provides the queues. */
export const layer = (options: FrameDBOptions): Layer.Layer<QueueOperations, never, Connections | StreamRouting> =>
  Layer.effect(QueueOperations, make(options))

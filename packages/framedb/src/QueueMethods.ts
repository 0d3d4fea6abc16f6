/** The methods of the Promise client that deal with queues. */
import {
  InvalidArgument,
  type ListenOptions,
  MessageIterator,
  type PublishOptions,
  type QueueInfoOptions,
  QueueOperations,
  type RedriveOptions,
  type StreamQueueInfo,
  type TailMessage,
  type TailOptions,
} from "@framedb/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { ByteMethods } from "./ByteMethods.ts"
import { promised } from "./ClientConnection.ts"
import { ClientMessage } from "./ClientMessage.ts"
import { rejected } from "./callerTrace.ts"
import { type CallOptions, rejectionOf } from "./Runner.ts"
import { splitOptions } from "./splitOptions.ts"

type Open = "openListener" | "openDrain"

/** The methods of `FrameDBClient` that publish, listen, drain and look at queues. */
export abstract class QueueMethods extends ByteMethods {
  /** Adds a message at the end of a queue and gives its id. See `Queues.publish`. */
  publish(queue: string, data: Uint8Array, options: PublishOptions & CallOptions): Promise<string> {
    const direct = this.direct(options)
    if (direct === undefined || options === undefined) {
      return this.callWith(options, (db, how) => db.publish(queue, data, how))
    }
    return promised((resume) => direct.queues.startPublish(queue, data, options, resume))
  }

  /**
   * Listens to a queue without end: `for await` takes a message at a time, which is acknowledged when the loop asks for the
   * next. Leaving the loop gives back what is in hand, and so do closing the client and the signal, also while the loop handles
   * it; its next turn rejects then. See `Queues.listenForStreamData`.
   */
  listenForStreamData(queue: string, framedbId: string, options: ListenOptions & CallOptions = {}) {
    return this.#messages("openListener", queue, framedbId, options)
  }

  /** Takes what is in a queue when it begins, and ends. See `Queues.pullAllStreamData`. */
  pullAllStreamData(queue: string, framedbId: string, options: ListenOptions & CallOptions = {}) {
    return this.#messages("openDrain", queue, framedbId, options)
  }

  /** Follows a queue without taking from it. See `Queues.tail`. */
  tail(queue: string, framedbId: string, options: TailOptions & CallOptions = {}): AsyncIterable<TailMessage> {
    return this.iterateWith(options, (db, how) => db.tail(queue, framedbId, how))
  }

  /** A look at a queue: how long it is, what is pending, who listens. See `Queues.queueInfo`. */
  queueInfo(queue: string, framedbId: string, options: QueueInfoOptions & CallOptions = {}): Promise<StreamQueueInfo> {
    return this.callWith(options, (db, how) => db.queueInfo(queue, framedbId, how))
  }

  /** Puts dead letters back at the end of their queue and gives how many. See `Queues.redrive`. */
  redrive(queue: string, framedbId: string, options: RedriveOptions & CallOptions = {}): Promise<number> {
    return this.callWith(options, (db, how) => db.redrive(queue, framedbId, how))
  }

  #messages(open: Open, queue: string, framedbId: string, given: ListenOptions & CallOptions) {
    const run = <A, E>(effect: Effect.Effect<A, E>) => this.runner.run(effect)
    const split = splitOptions<ListenOptions>(given)
    const signal = split instanceof InvalidArgument ? undefined : split.signal
    return new MessageIterator<ClientMessage>({
      open: Effect.flatMap(this.runner.servicesEffect, (services) =>
        split instanceof InvalidArgument
          ? Effect.fail(split)
          : Context.get(services, QueueOperations)[open](queue, framedbId, split.options),
      ),
      run: (effect, call) => this.runner.runExit(effect, call?.signal),
      reject: (cause) => rejected(rejectionOf(cause, signal)),
      present: (message) => new ClientMessage(message, run),
      signal,
    })
  }
}

/** What every method of the Promise client stands on: the layer's services, once they are there, and how they are called. */
import { FrameDB, InvalidArgument, ObjectReader, ObjectWriter, QueueOperations, type Resume } from "@framedb/core"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { rejected } from "./callerTrace.ts"
import { type CallOptions, Runner, rejectionOf } from "./Runner.ts"
import { splitOptions } from "./splitOptions.ts"

/** The services behind a client. */
export type ClientServices = FrameDB | ObjectReader | ObjectWriter | QueueOperations

/** A layer that a client can stand on, such as one of the user's own composition. */
export type ClientLayer = Layer.Layer<ClientServices, unknown>

/** What is called without a fiber. */
export interface Direct {
  readonly reader: ObjectReader["Service"]
  readonly writer: ObjectWriter["Service"]
  readonly queues: QueueOperations["Service"]
}

/** Calls something that answers a callback. */
export const promised = <A, E>(start: (resume: Resume<A, E>) => unknown): Promise<A> =>
  new Promise((resolve) => {
    start((exit) => resolve(Exit.isSuccess(exit) ? exit.value : rejected(rejectionOf(exit.cause, undefined))))
  })

const hasNoSignal = (options: unknown): boolean =>
  options === undefined ||
  (typeof options === "object" && options !== null && (!("signal" in options) || options.signal === undefined))

/** What the methods of `FrameDBClient` share: connecting when first used, and closing. */
export abstract class ClientConnection implements AsyncDisposable {
  protected readonly runner: Runner<ClientServices, unknown>
  #direct: Direct | undefined

  constructor(layer: ClientLayer) {
    this.runner = new Runner(layer)
  }

  /** Ends every connection. Calls under way are stopped; later ones reject. */
  close(): Promise<void> {
    return this.runner.close()
  }

  /** The same as `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** What can be called without a fiber: once connected, and where no signal has to be heard, and none refused. */
  protected direct(options: CallOptions | undefined): Direct | undefined {
    const services = this.runner.services
    if (services === undefined || !hasNoSignal(options)) return undefined
    this.#direct ??= {
      reader: Context.get(services, ObjectReader),
      writer: Context.get(services, ObjectWriter),
      queues: Context.get(services, QueueOperations),
    }
    return this.#direct
  }

  protected call<A, E>(use: (db: FrameDB["Service"]) => Effect.Effect<A, E>, options: CallOptions = {}): Promise<A> {
    return this.callWith(options, use)
  }

  /** As `call`, with options that hold the signal too. */
  protected callWith<Options extends object, A, E>(
    given: Options & CallOptions,
    use: (db: FrameDB["Service"], options: Options) => Effect.Effect<A, E>,
  ): Promise<A> {
    const split = splitOptions<Options>(given)
    if (split instanceof InvalidArgument) return rejected(split)
    return this.runner.run(
      Effect.flatMap(FrameDB, (db) => use(db, split.options)),
      split.signal,
    )
  }

  /** As `iterate`, with options that hold the signal too. */
  protected iterateWith<Options extends object, A, E>(
    given: Options & CallOptions,
    use: (db: FrameDB["Service"], options: Options) => Stream.Stream<A, E>,
  ): AsyncIterable<A> {
    const split = splitOptions<Options>(given)
    if (split instanceof InvalidArgument) return this.runner.iterate(Stream.fail(split))
    const stream = Effect.map(FrameDB, (db) => use(db, split.options))
    return this.runner.iterate(Stream.unwrap(stream), split.signal)
  }
}

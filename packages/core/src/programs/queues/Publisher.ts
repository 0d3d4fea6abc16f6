/** Publishes messages, each by the lane of its queue; a queue is registered before its first message. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import { SmallCopies } from "../../domain/SmallCopies.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { ObjectTooLarge } from "../../errors/ObjectTooLarge.ts"
import { noHeaders } from "../../ports/StreamMessage.ts"
import type { StreamRouting } from "../../ports/StreamRouting.ts"
import { forkIn } from "../forkIn.ts"
import type { Resume } from "../instances/Batcher.ts"
import type { Fork } from "../instances/OpenInstance.ts"
import { type LaneBounds, PublishLane } from "./PublishLane.ts"
import { type PublishOptions, problemOfMessage } from "./PublishOptions.ts"
import { QueueRegistrar } from "./QueueRegistrar.ts"
import type { QueueError, QueuePeek, QueueResolver } from "./QueueResolver.ts"
import { checkedAddress, type QueueAddress } from "./queueAddress.ts"

/** What publishing can fail with. */
export type PublishError = QueueError | ObjectTooLarge

/** Lanes that are kept for queues that nobody publishes to at the moment. */
const maxIdleLanes = 1024

/** Whether a lane of the same queue is the one for these options. */
const isFor = ({ address, bounds }: PublishLane, options: PublishOptions): boolean =>
  address.framedbId === options.framedbId &&
  bounds.encoding === (options.encoding ?? "stream") &&
  bounds.maxLength === options.maxLength &&
  bounds.maxAgeMillis === options.maxAgeMillis

/** Publishes by a lane for each queue, and forgets lanes that are idle. */
export class Publisher {
  readonly #resolve: QueueResolver
  readonly #peek: QueuePeek
  readonly #registrar: QueueRegistrar
  readonly #fork: Fork
  readonly #id: string
  readonly #copies = new SmallCopies()
  /** By queue: one or few for each. A key made of all that a lane is for would cost more than comparing. */
  readonly #lanes = new Map<string, Array<PublishLane>>()
  /** How many there are, and how many there have been. */
  #kept = 0
  #made = 0

  private constructor(resolve: QueueResolver, peek: QueuePeek, registrar: QueueRegistrar, fork: Fork, id: string) {
    this.#resolve = resolve
    this.#peek = peek
    this.#registrar = registrar
    this.#fork = fork
    this.#id = id
  }

  /** Makes a publisher with a name that no other has; what it has under way ends with the scope. */
  static readonly make = Effect.fnUntraced(function* (
    resolve: QueueResolver,
    routing: StreamRouting["Service"],
    peek: QueuePeek,
  ) {
    const fork = forkIn(yield* Effect.scope)(yield* Effect.context<never>())
    const now = yield* Clock.currentTimeMillis
    const parts = [now, yield* Random.nextInt, yield* Random.nextInt]
    const id = parts.map((part) => Math.abs(part).toString(36)).join("")
    return new Publisher(resolve, peek, new QueueRegistrar(routing), fork, id)
  })

  /** Publishes one message and gives its id, empty on a list. The data may be changed once this has begun. */
  publish(queue: string, data: Uint8Array, options: PublishOptions): Effect.Effect<string, PublishError> {
    return Effect.callback((resume) => Effect.sync(this.start(queue, data, options, resume)))
  }

  /** As `publish`, without a fiber. Gives a function that takes the message back where it is not under way yet. */
  start(queue: string, data: Uint8Array, options: PublishOptions, resume: Resume<string, PublishError>): () => void {
    const problem = problemOfMessage(queue, data, options)
    const lane = problem ?? this.#lane(queue, options)
    if (!(lane instanceof PublishLane)) {
      resume(Exit.fail(lane))
      return () => {}
    }
    // The batch leaves later, and may be sent again.
    const { headers = noHeaders } = options
    const entry = { data: this.#copies.of(data), headers: headers === noHeaders ? noHeaders : { ...headers } }
    return lane.submit(entry, resume)
  }

  #lane(queue: string, options: PublishOptions): PublishLane | InvalidArgument {
    for (const lane of this.#lanes.get(queue) ?? []) if (isFor(lane, options)) return lane
    const address = checkedAddress(queue, options.framedbId)
    if (address instanceof InvalidArgument) return address
    const { encoding = "stream", maxLength, maxAgeMillis } = options
    return this.#addLane(address, { encoding, maxLength, maxAgeMillis })
  }

  #addLane(address: QueueAddress, bounds: LaneBounds): PublishLane {
    if (this.#kept >= maxIdleLanes) this.#forgetIdle()
    let isRegistered = false
    const lane = new PublishLane({
      address,
      bounds,
      publisher: `${this.#id}-${this.#made++}`,
      fork: this.#fork,
      open: Effect.suspend(() => {
        const store = this.#resolve(address.framedbId)
        const register = Effect.tap(this.#registrar.register(address), () =>
          Effect.sync(() => {
            isRegistered = true
          }),
        )
        return isRegistered ? store : Effect.andThen(register, store)
      }),
      peek: () => (isRegistered ? this.#peek(address.framedbId) : undefined),
    })
    this.#kept++
    const others = this.#lanes.get(address.queue)
    if (others === undefined) this.#lanes.set(address.queue, [lane])
    else others.push(lane)
    return lane
  }

  #forgetIdle(): void {
    for (const [queue, lanes] of this.#lanes) {
      const busy = lanes.filter((lane) => !lane.isIdle)
      this.#kept -= lanes.length - busy.length
      if (busy.length === 0) this.#lanes.delete(queue)
      else if (busy.length < lanes.length) this.#lanes.set(queue, busy)
    }
  }
}

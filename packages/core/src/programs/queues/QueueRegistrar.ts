/**
 * Registers queues with the routing service, each once for a process, however many messages are published.
 *
 * The route comes before the first message: a route that leads to an empty queue harms nobody, and a message that no
 * route leads to would be found by nobody.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { emptyMetadata } from "../../domain/Metadata.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { StreamRouting } from "../../ports/StreamRouting.ts"
import type { QueueAddress } from "./queueAddress.ts"

/** The most queues that a process remembers to have registered; registering again costs one look-up. */
const maxRemembered = 65_536

/** Registers queues with the routing service, each once. */
export class QueueRegistrar {
  readonly #routing: StreamRouting["Service"]
  readonly #registered = new Set<string>()

  constructor(routing: StreamRouting["Service"]) {
    this.#routing = routing
  }

  /** Whether this process knows that a queue has its route. */
  isRegistered(address: QueueAddress): boolean {
    return this.#registered.has(keyOf(address))
  }

  /** Makes sure that a queue has its route. Fails with `InvalidArgument` where the route leads to another instance. */
  register(address: QueueAddress): Effect.Effect<void, BackendError | InvalidArgument> {
    return this.isRegistered(address) ? Effect.void : this.#register(address)
  }

  readonly #register = Effect.fnUntraced({ self: this }, function* (this: QueueRegistrar, address: QueueAddress) {
    const { queue, framedbId } = address
    const known = yield* this.#routing.find(queue)
    if (Option.isSome(known) && known.value.framedbId !== framedbId) {
      const message = `the queue is on the instance ${JSON.stringify(known.value.framedbId)}: publish there, or remove its route first`
      return yield* new InvalidArgument({ argument: "framedbId", message })
    }
    if (Option.isNone(known)) yield* this.#routing.register({ queue, framedbId, metadata: emptyMetadata })
    if (this.#registered.size >= maxRemembered) this.#registered.clear()
    this.#registered.add(keyOf(address))
  })
}

/** A queue's name may hold anything, an instance's id too: the length tells where one ends. */
const keyOf = ({ queue, framedbId }: QueueAddress): string => `${queue.length}:${queue}${framedbId}`

/**
 * A consumer that goes with its instance: where the registry gives the instance another URL, it joins the group there and
 * leaves the old place. What it still has in hand from there is given out again by the old place, if that still lives.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { ConsumerOptions, QueueConsumer, QueueStore } from "../../ports/QueueStore.ts"
import { inOwnScope } from "./inOwnScope.ts"
import type { QueueError, Repeat } from "./QueueResolver.ts"

type Resolve = Effect.Effect<QueueStore, QueueError, Scope.Scope>

interface Place {
  readonly store: QueueStore
  readonly consumer: QueueConsumer
  readonly scope: Scope.Closeable
}

const joinAt = (parent: Scope.Scope, resolve: Resolve, options: ConsumerOptions): Effect.Effect<Place, QueueError> => {
  const join = Effect.flatMap(resolve, (store) =>
    Effect.map(store.subscribe(options), (consumer) => ({ store, consumer })),
  )
  return Effect.map(inOwnScope(parent, join), ({ opened, scope }) => ({ ...opened, scope }))
}

/** Receives wherever its instance is at the time. */
export class FollowingConsumer implements QueueConsumer {
  readonly #scope: Scope.Scope
  readonly #resolve: Resolve
  readonly #options: ConsumerOptions
  #place: Place

  private constructor(scope: Scope.Scope, resolve: Resolve, options: ConsumerOptions, place: Place) {
    this.#scope = scope
    this.#resolve = resolve
    this.#options = options
    this.#place = place
  }

  /**
   * Joins the group, by `repeat`; leaves it with the scope. `resolve` gives one store for as long as the instance stays where
   * it is.
   */
  static readonly make = Effect.fnUntraced(function* (resolve: Resolve, repeat: Repeat, options: ConsumerOptions) {
    const scope = yield* Effect.scope
    return new FollowingConsumer(scope, resolve, options, yield* repeat(joinAt(scope, resolve, options)))
  })

  get store(): QueueStore {
    return this.#place.store
  }

  readonly receive: QueueConsumer["receive"] = (options) => Effect.suspend(() => this.#place.consumer.receive(options))

  readonly startReceive: NonNullable<QueueConsumer["startReceive"]> = (options, resume) =>
    this.#place.consumer.startReceive?.(options, resume)

  readonly acknowledge: QueueConsumer["acknowledge"] = (ids) =>
    Effect.suspend(() => this.#place.consumer.acknowledge(ids))

  readonly release: QueueConsumer["release"] = (releases) =>
    Effect.suspend(() => this.#place.consumer.release(releases))

  readonly extend: QueueConsumer["extend"] = (ids, millis) =>
    Effect.suspend(() => this.#place.consumer.extend(ids, millis))

  /** Looks where the instance is, and goes there. What fails is tried again when this is called again. */
  get follow(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const store = yield* Effect.scoped(this.#resolve)
      if (store === this.#place.store) return
      const left = this.#place
      this.#place = yield* joinAt(this.#scope, this.#resolve, this.#options)
      // Ends the wait there, which goes on here. Nobody waits for an old place that does not answer.
      yield* Effect.forkIn(Scope.close(left.scope, Exit.void), this.#scope)
    }).pipe(Effect.ignore)
  }
}

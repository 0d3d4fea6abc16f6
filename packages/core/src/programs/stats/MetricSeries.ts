import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import { type CallCount, sizeBounds } from "../../ports/Traffic.ts"

type Read<A> = () => A
type Attributes = Readonly<Record<string, string>>

/** The name of a metric and what it says. */
export type Named = readonly [name: string, description: string]

/** Metrics of one client whose values are read when someone looks at them. */
export class MetricSeries {
  readonly #context: Context.Context<never>
  readonly #registered: Array<Metric.Registration> = []

  /** Registers with the registry and the attributes of a context. */
  constructor(context: Context.Context<never>) {
    this.#context = context
  }

  counter([name, description]: Named, count: Read<number>, attributes: Attributes = {}): void {
    const metric = Metric.counter(name, { description, attributes, incremental: true })
    this.#register(metric, () => ({ count: count(), incremental: true }))
  }

  gauge([name, description]: Named, value: Read<number>): void {
    this.#register(Metric.gauge(name, { description }), () => ({ value: value() }))
  }

  /** A histogram of the sizes of an operation's calls. */
  sizes([name, description]: Named, count: CallCount, attributes: Attributes): void {
    const metric = Metric.histogram(name, { description, attributes, boundaries: sizeBounds })
    this.#register(metric, () => {
      let upTo = 0
      const buckets = sizeBounds.map((bound, index): [number, number] => {
        upTo += count.sizes[index] ?? 0
        return [bound, upTo]
      })
      return { buckets, count: count.calls, min: count.fewestItems, max: count.mostItems, sum: count.items }
    })
  }

  removeAll(): void {
    for (const registration of this.#registered.splice(0)) registration.remove()
  }

  #register<Input, State>(metric: Metric.Metric<Input, State>, get: Read<State>): void {
    const ignore = () => {}
    this.#registered.push(Metric.registerUnsafe(metric, this.#context, { get, update: ignore, modify: ignore }))
  }
}

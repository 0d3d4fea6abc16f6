/**
 * What a client has sent, in plain numbers: a count costs a few additions a batch and nothing an object. Whoever wants metrics
 * has them read from here.
 */
import * as Context from "effect/Context"
import * as Layer from "effect/Layer"
import type { BackendName } from "../errors/BackendError.ts"

/** Sizes are counted up to each of these; what is larger is only in the total. */
export const sizeBounds: ReadonlyArray<number> = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

/** The calls of one operation of one backend. */
export class CallCount {
  readonly backend: BackendName
  /** In the port's words, such as `getMany`. */
  readonly operation: string
  calls = 0
  /** Of all calls together. */
  items = 0
  /** The fewest items of a call; 0 before the first. */
  fewestItems = 0
  /** The most items of a call. */
  mostItems = 0
  /** How many calls had a size above the bound before and up to each of `sizeBounds`, then how many a larger one. */
  readonly sizes: Array<number> = [...sizeBounds, 0].map(() => 0)

  constructor(backend: BackendName, operation: string) {
    this.backend = backend
    this.operation = operation
  }

  /** Whether the calls are HTTP calls. */
  get isHttp(): boolean {
    return this.backend === "routing" || this.backend === "registry"
  }

  /** Whether each call takes many items: the ports name such methods so. */
  get isBatched(): boolean {
    return this.operation.endsWith("Many")
  }

  /** Counts a call for so many items. */
  note(items: number): void {
    this.calls++
    this.items += items
    if (items > this.mostItems) this.mostItems = items
    if (items < this.fewestItems || this.calls === 1) this.fewestItems = items
    // The bounds are the powers of two.
    const size = items <= 1 ? 0 : Math.min(32 - Math.clz32(items - 1), sizeBounds.length)
    this.sizes[size] = (this.sizes[size] ?? 0) + 1
  }
}

type Found = (count: CallCount) => void

/** Counts what a client sends, by backend and operation. */
export class TrafficCounts {
  readonly #counts = new Map<string, CallCount>()
  readonly #watchers = new Set<Found>()

  /** The count of an operation, to be kept by whoever makes its calls. */
  of(backend: BackendName, operation: string): CallCount {
    const name = `${backend}.${operation}`
    const known = this.#counts.get(name)
    if (known !== undefined) return known
    const count = new CallCount(backend, operation)
    this.#counts.set(name, count)
    for (const found of this.#watchers) found(count)
    return count
  }

  /** All counts so far by `backend.operation`. */
  entries(): Iterable<readonly [name: string, count: CallCount]> {
    return this.#counts
  }

  /** Calls `found` with every count, those to come included, and gives a function that ends that. */
  watch(found: Found): () => void {
    this.#watchers.add(found)
    for (const count of this.#counts.values()) found(count)
    return () => this.#watchers.delete(found)
  }
}

/** The counts of a client. An optional port: backends that are not given one count nothing. */
export class Traffic extends Context.Service<Traffic, TrafficCounts>()("@framedb/core/Traffic") {}

/** Provides counts that begin at nothing. */
export const layer: Layer.Layer<Traffic> = Layer.sync(Traffic, () => new TrafficCounts())

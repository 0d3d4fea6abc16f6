/** A channel between the clients of one process that share a bus. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CacheInvalidation, type InvalidationSignal } from "../ports/CacheInvalidation.ts"
import { PendingKeys } from "../ports/PendingKeys.ts"

type Hear = (signal: InvalidationSignal) => void

/** A client's end of a bus. */
interface Member {
  readonly hears: Set<Hear>
  readonly flush: () => void
}

/** What clients share. It is connected at first; tests may break it. */
export class MemoryInvalidationBus {
  readonly #members = new Set<Member>()
  #isConnected = true

  /** Whether anything goes through. */
  get isConnected(): boolean {
    return this.#isConnected
  }

  /** Breaks the channel for everyone. */
  disconnect(): void {
    if (!this.#isConnected) return
    this.#isConnected = false
    this.#tell({ _tag: "Disconnected" })
  }

  /** Heals the channel; what was published meanwhile is told. */
  connect(): void {
    if (this.#isConnected) return
    this.#isConnected = true
    this.#tell({ _tag: "Connected" })
    for (const member of this.#members) member.flush()
  }

  join(member: Member): void {
    this.#members.add(member)
  }

  leave(member: Member): void {
    this.#members.delete(member)
  }

  /** Tells everyone, but not the sender. */
  tellOthers(sender: Member, signal: InvalidationSignal): void {
    this.#tell(signal, sender)
  }

  #tell(signal: InvalidationSignal, sender?: Member): void {
    for (const member of this.#members) if (member !== sender) for (const hear of member.hears) hear(signal)
  }
}

/** What can be set about a channel in memory. */
export interface MemoryCacheInvalidationOptions {
  /** The bus to join. Default: one of its own, on which nobody else is. */
  readonly bus?: MemoryInvalidationBus
}

/** Makes a client's end of a bus. */
export const make = (options: MemoryCacheInvalidationOptions = {}): CacheInvalidation["Service"] => {
  const { bus = new MemoryInvalidationBus() } = options
  const pending = new PendingKeys()
  const flush = () => {
    if (!bus.isConnected || pending.isEmpty) return
    const keys = pending.take()
    bus.tellOthers(member, keys === "everything" ? { _tag: "Missed" } : { _tag: "Changed", keys })
  }
  const member: Member = { hears: new Set(), flush }
  return {
    publish: (key) => {
      if (pending.isEmpty) process.nextTick(flush)
      pending.add(key)
    },
    listen: (hear) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          bus.join(member)
          member.hears.add(hear)
          if (bus.isConnected) hear({ _tag: "Connected" })
        }),
        () =>
          Effect.sync(() => {
            member.hears.delete(hear)
            if (member.hears.size === 0) bus.leave(member)
          }),
      ),
  }
}

/** Provides a client's end of a bus. */
export const layer = (options: MemoryCacheInvalidationOptions = {}): Layer.Layer<CacheInvalidation> =>
  Layer.sync(CacheInvalidation, () => make(options))

/**
 * Keeps the cache true under concurrent writes of one key: which of them came last at the store nobody here can tell, so
 * that none of them may go into the cache. A write counts until its last message has been answered, also when its
 * caller has gone. What has been sent then goes on to its end, and later writes of the key come after it.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { CachedObject, ObjectCache } from "../../ports/ObjectCache.ts"

/** Writes of a key of which each began before another had ended. */
interface Group {
  underWay: number
  /** Whether there was ever more than one, or another process wrote meanwhile: then each of them overlapped another. */
  overlapped: boolean
}

/** One write of a key, from its beginning until nothing of it is under way. */
export interface WriteToken {
  readonly key: string
  readonly group: Group
  /** The program that writes, and each message under way. */
  holders: number
}

/** Knows which writes of a key overlap, and keeps those out of the cache. */
export class Overlaps {
  readonly #cache: ObjectCache["Service"]
  readonly #groups = new Map<string, Group>()
  /** Writes that go on though their callers have gone; several of a key where they began together. */
  readonly #abandoned = new Map<string, Set<Deferred.Deferred<void>>>()

  constructor(cache: ObjectCache["Service"]) {
    this.#cache = cache
  }

  /** A write begins, held by its program. */
  begin(key: string): WriteToken {
    const joined = this.#groups.get(key)
    const group = joined ?? { underWay: 0, overlapped: false }
    if (joined === undefined) this.#groups.set(key, group)
    else group.overlapped = true
    group.underWay++
    return { key, group, holders: 1 }
  }

  /** A message of the write is sent. */
  hold(token: WriteToken): void {
    token.holders++
  }

  /** The program or a message of the write is done; `written` is what a program knows to be stored now. */
  release(token: WriteToken, written?: CachedObject): void {
    token.holders--
    if (written !== undefined && token.holders === 0 && !token.group.overlapped) this.#cache.put(written)
    else this.#cache.invalidate(token.key)
    if (token.holders > 0) return
    token.group.underWay--
    if (token.group.underWay === 0) this.#groups.delete(token.key)
  }

  /** The caller of a write has gone, which goes on: what is asked for next comes after it. Gives what tells of its end. */
  abandon(key: string): () => void {
    const ended = Deferred.makeUnsafe<void>()
    const abandoned = this.#abandoned.get(key) ?? new Set()
    this.#abandoned.set(key, abandoned.add(ended))
    return () => {
      abandoned.delete(ended)
      if (abandoned.size === 0 && this.#abandoned.get(key) === abandoned) this.#abandoned.delete(key)
      Deferred.doneUnsafe(ended, Effect.void)
    }
  }

  /** Whether a write of the key goes on whose caller has gone. */
  isAbandoned(key: string): boolean {
    return this.#abandoned.has(key)
  }

  /** Waits for the end of the writes of the key whose callers have gone. */
  abandonedEnd(key: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      // Those that are under way now: a write that waits here may be abandoned itself.
      const abandoned = [...(this.#abandoned.get(key) ?? [])]
      return Effect.forEach(abandoned, Deferred.await, { discard: true })
    })
  }

  /** Another process has written the key; whether before or after what is under way here, nobody can tell. */
  noteForeign(key: string): void {
    const group = this.#groups.get(key)
    if (group !== undefined) group.overlapped = true
  }

  /** Another process may have written any key. */
  noteForeignAll(): void {
    for (const group of this.#groups.values()) group.overlapped = true
  }

  /** A message of the write was taken back before it was sent, or has been answered while its program goes on. */
  drop(token: WriteToken): void {
    token.holders--
  }
}

/** The writes that a client has under way. */
export class WritesUnderWay extends Context.Service<WritesUnderWay, Overlaps>()("@framedb/core/WritesUnderWay") {}

/**
 * Keeps the cache true under concurrent writes of one key: which of them came last at the store nobody here can tell, so
 * that none of them may go into the cache. A write counts until its last message has been answered, also when its
 * caller has gone.
 */
import type { CachedObject, ObjectCache } from "../../ports/ObjectCache.ts"

/** One write of a key, from its beginning until nothing of it is under way. */
export interface WriteToken {
  readonly key: string
  /** The program that writes, and each message under way. */
  holders: number
  overlapped: boolean
}

/** See the head of this file. */
export class Overlaps {
  readonly #cache: ObjectCache["Service"]
  readonly #tokens = new Map<string, Set<WriteToken>>()

  constructor(cache: ObjectCache["Service"]) {
    this.#cache = cache
  }

  /** A write begins, held by its program. */
  begin(key: string): WriteToken {
    const others = this.#tokens.get(key)
    const token: WriteToken = { key, holders: 1, overlapped: others !== undefined }
    if (others === undefined) this.#tokens.set(key, new Set([token]))
    else {
      for (const other of others) other.overlapped = true
      others.add(token)
    }
    return token
  }

  /** A message of the write is sent. */
  hold(token: WriteToken): void {
    token.holders++
  }

  /** The program or a message of the write is done; `written` is what a program knows to be stored now. */
  release(token: WriteToken, written?: CachedObject): void {
    token.holders--
    if (written !== undefined && token.holders === 0 && !token.overlapped) this.#cache.put(written)
    else this.#cache.invalidate(token.key)
    if (token.holders > 0) return
    const tokens = this.#tokens.get(token.key)
    tokens?.delete(token)
    if (tokens?.size === 0) this.#tokens.delete(token.key)
  }

  /** A message of the write was taken back before it was sent, or has been answered while its program goes on. */
  drop(token: WriteToken): void {
    token.holders--
  }
}

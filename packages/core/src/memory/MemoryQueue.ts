/** One queue in memory: its messages in order, its groups, and who waits for something to come. */

import { compareMessageIds } from "../domain/StreamMessageId.ts"
import type { StreamEncoding } from "../domain/StreamQueueInfo.ts"
import type { StreamStart } from "../domain/StreamStart.ts"
import { type PublishBatch, publishBatchesInFlight, type QueueEntry } from "../ports/QueueStore.ts"
import type { StreamHeaders } from "../ports/StreamMessage.ts"
import { MemoryQueueGroup } from "./MemoryQueueGroup.ts"

/** A message that is kept. */
export interface MemoryMessage {
  readonly id: string
  readonly publishedAtMillis: number
  readonly data: Uint8Array<ArrayBuffer>
  readonly headers: StreamHeaders
}

/** A batch that was added. */
interface Published {
  readonly sequence: number
  readonly ids: ReadonlyArray<string>
}

/** A list has one group, whatever consumers call it. */
const listGroup = "list"

/** Keeps one queue in memory: its messages in order, its groups, and who waits for more. Synchronous: the store gives way to others before it calls. */
export class MemoryQueue {
  #encoding: StreamEncoding | undefined
  readonly groups = new Map<string, MemoryQueueGroup>()
  readonly #waiting = new Set<() => void>()
  readonly #publishers = new Map<string, ReadonlyArray<Published>>()
  /** In the order of their ids. */
  #messages: Array<MemoryMessage> = []
  /** Where the oldest is: taking from the front of a long array would move all the rest. */
  #head = 0
  #lastMillis = 0
  /** As in Redis 0-0 is no message, so that a group can begin after it. */
  #lastSequence = 0

  /** How it is kept; `undefined` while there are listeners and has been no message. */
  get encoding(): StreamEncoding | undefined {
    return this.#encoding
  }

  /** Says how the queue is kept, where that is not settled yet: by the first message. */
  settle(encoding: StreamEncoding): void {
    if (this.#encoding !== undefined) return
    this.#encoding = encoding
    const groups = [...this.groups.values()]
    if (encoding === "stream" || groups.length === 0) return
    // Whatever groups the listeners named, a list has one.
    this.groups.clear()
    const { consumers } = this.group(listGroup, "beginning")
    for (const group of groups) for (const consumer of group.consumers) consumers.add(consumer)
  }

  get length(): number {
    return this.#messages.length - this.#head
  }

  get oldest(): MemoryMessage | undefined {
    return this.#messages[this.#head]
  }

  /** The id given last; `undefined` before the first. */
  get newestId(): string | undefined {
    return this.#lastMillis === 0 && this.#lastSequence === 0 ? undefined : `${this.#lastMillis}-${this.#lastSequence}`
  }

  /** Adds a batch once, however often it is sent; `undefined` where it is out of order. */
  publish(batch: PublishBatch, nowMillis: number): ReadonlyArray<string> | undefined {
    const { publisher, sequence } = batch
    const last = this.#publishers.get(publisher) ?? []
    const again = last.find((published) => published.sequence === sequence)
    if (again !== undefined) return again.ids
    const isTooLate = last.some((published) => published.sequence >= sequence + publishBatchesInFlight)
    const isTooEarly = batch.isFollowing && !last.some((published) => published.sequence === sequence - 1)
    if (isTooLate || isTooEarly) return undefined
    const ids = batch.messages.map((message) => this.add(message, nowMillis))
    const kept = last.filter((published) => published.sequence > sequence - publishBatchesInFlight)
    this.#publishers.set(publisher, [...kept, { sequence, ids }])
    this.#trim(batch, nowMillis)
    return ids
  }

  /** Adds a message and wakes who waits. */
  add({ data, headers }: QueueEntry, nowMillis: number): string {
    // A test's clock may stand between two milliseconds.
    const millis = Math.max(Math.floor(nowMillis), this.#lastMillis)
    this.#lastSequence = millis === this.#lastMillis ? this.#lastSequence + 1 : 0
    this.#lastMillis = millis
    const id = `${millis}-${this.#lastSequence}`
    this.#messages.push({ id, publishedAtMillis: nowMillis, data: new Uint8Array(data), headers: { ...headers } })
    this.wake()
    return id
  }

  /** The messages after an id. */
  after(id: string, count: number): ReadonlyArray<MemoryMessage> {
    const start = this.#indexAfter(id)
    return this.#messages.slice(start, start + count)
  }

  /** How many messages come after an id. */
  countAfter(id: string): number {
    return this.#messages.length - this.#indexAfter(id)
  }

  remove(id: string): void {
    const index = this.#indexAfter(id) - 1
    if (index < this.#head || this.#messages[index]?.id !== id) return
    if (index === this.#head) this.#dropOldest()
    else this.#messages.splice(index, 1)
  }

  /** The group of this name, made where there is none, to begin at `from`. */
  group(name: string, from: StreamStart): MemoryQueueGroup {
    const key = this.encoding === "list" ? listGroup : name
    const known = this.groups.get(key)
    if (known !== undefined) return known
    const start = from === "beginning" ? "0-0" : from === "now" ? (this.newestId ?? "0-0") : from.after
    const made = new MemoryQueueGroup(this, name, start)
    this.groups.set(key, made)
    return made
  }

  /** The group of this name, where there is one. */
  knownGroup(name: string): MemoryQueueGroup | undefined {
    return this.groups.get(this.encoding === "list" ? listGroup : name)
  }

  /** Whether every group has settled a message. */
  isSettledByAll(id: string): boolean {
    for (const group of this.groups.values()) if (group.needs(id)) return false
    return true
  }

  /** Calls once, when something may have come; gives a function that stops waiting. */
  onNews(notify: () => void): () => void {
    this.#waiting.add(notify)
    return () => this.#waiting.delete(notify)
  }

  wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const notify of waiting) notify()
  }

  #trim({ maxLength, maxAgeMillis }: PublishBatch, nowMillis: number): void {
    const isBeyond = (message: MemoryMessage) =>
      (maxLength !== undefined && this.length > maxLength) ||
      (maxAgeMillis !== undefined && message.publishedAtMillis < nowMillis - maxAgeMillis)
    for (let message = this.oldest; message !== undefined && isBeyond(message); message = this.oldest) {
      if (!this.isSettledByAll(message.id)) break
      this.#dropOldest()
    }
  }

  #dropOldest(): void {
    this.#head++
    if (this.#head < 1024 || this.#head * 2 < this.#messages.length) return
    this.#messages = this.#messages.slice(this.#head)
    this.#head = 0
  }

  #indexAfter(id: string): number {
    let low = this.#head
    let high = this.#messages.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const message = this.#messages[middle]
      if (message !== undefined && compareMessageIds(message.id, id) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}

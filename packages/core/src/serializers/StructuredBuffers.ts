import type { ByteWriter } from "./ByteWriter.ts"
import { described } from "./plainValue.ts"
import type { ValuePath } from "./SerializerProblem.ts"
import { tags, viewTypes } from "./structuredTags.ts"

/** A part of a buffer that was written without the rest of it. */
interface Range {
  readonly start: number
  readonly end: number
}

/**
 * Writes buffers and the views on them.
 *
 * A view that shows a part of a buffer is written with that part alone: the rest may be a stranger's, as in the pool
 * behind small `Buffer`s. It comes back on a buffer of its own, so overlapping parts, which would come back separated,
 * are refused.
 */
export class StructuredBuffers {
  readonly #out: ByteWriter
  readonly #path: ValuePath
  readonly #begin: (value: object) => boolean
  readonly #whole = new Set<ArrayBuffer>()
  /** In order, so that many views of one buffer, such as the rows of a matrix, cost a search each. */
  readonly #parts = new Map<ArrayBuffer, Array<Range>>()

  constructor(out: ByteWriter, path: ValuePath, begin: (value: object) => boolean) {
    this.#out = out
    this.#path = path
    this.#begin = begin
  }

  /** Writes a buffer whole, or a reference to it. */
  buffer(value: ArrayBuffer): void {
    this.#check(value)
    if (this.#parts.has(value)) throw this.#path.problem("is a buffer of which a view has written a part before")
    if (!this.#begin(value)) return
    this.#whole.add(value)
    this.#bytes(new Uint8Array(value))
  }

  /** Writes a typed array or DataView, or a reference to it. */
  view(value: ArrayBufferView): void {
    const type = viewTypeOf(value)
    if (type === -1) throw this.#path.problem(`is ${described(value)}, whose class would be lost`)
    const { buffer, byteOffset, byteLength } = value
    if (!(buffer instanceof ArrayBuffer)) throw this.#path.problem("is a view on memory that is shared between threads")
    this.#check(buffer)
    if (!this.#begin(value)) return
    const isWhole = this.#whole.has(buffer) || byteLength === buffer.byteLength
    this.#out.u8(tags.view)
    this.#out.varint(type)
    this.#out.varint(isWhole ? byteOffset : 0)
    this.#out.varint(byteLength / (viewTypes[type]?.BYTES_PER_ELEMENT ?? 1))
    if (isWhole) this.buffer(buffer)
    else this.#part(buffer, { start: byteOffset, end: byteOffset + byteLength })
  }

  #check(buffer: ArrayBuffer): void {
    if (Object.getPrototypeOf(buffer) !== ArrayBuffer.prototype || Reflect.ownKeys(buffer).length > 0) {
      throw this.#path.problem(`is ${described(buffer)} with a class or properties of its own, which would be lost`)
    }
    if (buffer.detached) throw this.#path.problem("is a buffer that was transferred away")
    if (buffer.resizable) throw this.#path.problem("is a resizable buffer, which would come back fixed")
  }

  #part(buffer: ArrayBuffer, range: Range): void {
    this.#claim(buffer, range)
    const part = new Uint8Array(buffer, range.start, range.end - range.start)
    // The part becomes a buffer of its own, which nothing else refers to, and takes its number.
    this.#begin(part)
    this.#bytes(part)
  }

  /** Notes that a part has been written, or throws where some of it had been. */
  #claim(buffer: ArrayBuffer, range: Range): void {
    if (range.start === range.end) return
    const parts = this.#parts.get(buffer) ?? []
    const place = placeOf(parts, range.start)
    if ((parts[place - 1]?.end ?? 0) > range.start || (parts[place]?.start ?? range.end) < range.end) {
      throw this.#path.problem("is a view that overlaps another one: store their buffer before them")
    }
    parts.splice(place, 0, range)
    this.#parts.set(buffer, parts)
  }

  #bytes(bytes: Uint8Array): void {
    this.#out.u8(tags.arrayBuffer)
    this.#out.varint(bytes.byteLength)
    this.#out.bytes(bytes)
  }
}

/** How many of the parts, which are in order, begin before a place. */
const placeOf = (parts: ReadonlyArray<Range>, start: number): number => {
  let [low, high] = [0, parts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((parts[middle]?.start ?? start) < start) low = middle + 1
    else high = middle
  }
  return low
}

/** The number of a view's type, or -1. A `Buffer` is written as the `Uint8Array` that it is. */
const viewTypeOf = (value: ArrayBufferView): number => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return viewTypes.findIndex(
    (type) => type.prototype === prototype || (type === Uint8Array && prototype === Buffer.prototype),
  )
}

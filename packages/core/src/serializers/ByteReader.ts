import { decodeUtf8 } from "./decodeUtf8.ts"
import { SerializerProblem } from "./SerializerProblem.ts"
import { shortTextUnits } from "./utf8Length.ts"

/**
 * Reads untrusted bytes. Nothing is read beyond their end, and nothing is allocated on the word of a length that the
 * rest of the bytes can't fill.
 */
export class ByteReader {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Bytes that are still to be read. */
  get remaining(): number {
    return this.#bytes.byteLength - this.#at
  }

  /** Passes over so many bytes and gives where they begin, or throws where fewer are left. */
  #take(count: number): number {
    if (count > this.remaining) throw new SerializerProblem("the bytes end in the middle of a value")
    const start = this.#at
    this.#at += count
    return start
  }

  /** Checks that so many parts, each at least so many bytes long, can still follow, and gives their number back. */
  count(parts: number, bytesEach = 1): number {
    if (parts * bytesEach > this.remaining) throw new SerializerProblem("the bytes name more parts than they hold")
    return parts
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8))
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1))
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8))
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4))
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  /** A whole number as `ByteWriter.varint` writes it. */
  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
      scale *= 0x80
      if (scale > Number.MAX_SAFE_INTEGER) throw new SerializerProblem("a length has too many bytes")
    }
    if (!Number.isSafeInteger(value)) throw new SerializerProblem("a length is beyond 2^53")
    return value
  }

  /** A copy of so many bytes, in a buffer of their own. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const start = this.#take(length)
    // Not `slice`, which a `Buffer` answers with a view.
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  /** Text in so many bytes of well-formed UTF-8. */
  utf8(length: number): string {
    const start = this.#take(length)
    if (length <= shortTextUnits) {
      const short = this.#ascii(start, start + length)
      if (short !== undefined) return short
    }
    return decodeUtf8(this.#bytes.subarray(start, start + length))
  }

  #ascii(start: number, end: number): string | undefined {
    let text = ""
    for (let index = start; index < end; index++) {
      const byte = this.#view.getUint8(index)
      if (byte >= 0x80) return undefined
      text += String.fromCharCode(byte)
    }
    return text
  }

  /** Throws where bytes are left. */
  end(): void {
    if (this.remaining > 0) throw new SerializerProblem(`${this.remaining} bytes follow the value`)
  }
}

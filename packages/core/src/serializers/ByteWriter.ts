/** Bytes that grow: the one place where the built-in serializers allocate what they write. */

import { shortTextUnits } from "./utf8Length.ts"

/** Where a writer begins: most values fit, and doubling reaches megabytes in a few steps. */
const initialBytes = 256

/** Collects bytes. All numbers are big-endian. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(initialBytes)
  #length = 0

  /** Makes room for so many bytes and gives where they begin. */
  #advance(count: number): number {
    const start = this.#length
    const end = start + count
    if (end > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2))
      this.#bytes.copy(grown, 0, 0, start)
      this.#bytes = grown
    }
    this.#length = end
    return start
  }

  u8(value: number): void {
    const at = this.#advance(1)
    this.#bytes[at] = value
  }

  u16(value: number): void {
    const at = this.#advance(2)
    this.#bytes.writeUInt16BE(value, at)
  }

  u32(value: number): void {
    const at = this.#advance(4)
    this.#bytes.writeUInt32BE(value, at)
  }

  u64(value: bigint): void {
    const at = this.#advance(8)
    this.#bytes.writeBigUInt64BE(value, at)
  }

  i64(value: bigint): void {
    const at = this.#advance(8)
    this.#bytes.writeBigInt64BE(value, at)
  }

  f64(value: number): void {
    const at = this.#advance(8)
    this.#bytes.writeDoubleBE(value, at)
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) + 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  bytes(value: Uint8Array): void {
    const at = this.#advance(value.byteLength)
    this.#bytes.set(value, at)
  }

  /** Well-formed text in so many bytes of UTF-8, as `utf8Length` counts them. */
  utf8(value: string, byteLength: number): void {
    const at = this.#advance(byteLength)
    if (byteLength > value.length || byteLength > shortTextUnits) {
      this.#bytes.write(value, at, byteLength, "utf8")
      return
    }
    // As many bytes as units: every unit is a byte.
    for (let index = 0; index < byteLength; index++) this.#bytes[at + index] = value.charCodeAt(index)
  }

  /** What was written, in a buffer that holds nothing else. */
  finish(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.subarray(0, this.#length))
  }
}

/**
 * The bytes of drivers' replies, as an object's own.
 *
 * A driver answers small values as views of what its socket read. No two views overlap and no driver writes into what it
 * has read, so whoever gets one may change it, and copying 1 KiB into memory of its own would cost more than everything
 * else that a batched read does with it. A view keeps alive what was read with it, which is bounded here.
 */
import { markAsUntransferable } from "node:worker_threads"

/** What a socket reads at once, in bytes: the most that a small object holds on to. */
const maxHeldBytes = 64 * 1024

/** Fewer bytes than this beside a reply are its framing, and nobody else's. */
const framingBytes = 32

/** Gives replies to their callers. */
export class ReplyBytes {
  #shared: ArrayBuffer | undefined

  /** The bytes of a reply, copied only where they would hold on to much more than themselves. */
  of({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array<ArrayBuffer> {
    if (!(buffer instanceof ArrayBuffer)) return new Uint8Array(new Uint8Array(buffer, byteOffset, byteLength))
    const others = buffer.byteLength - byteLength
    if (others > byteLength && buffer.byteLength > maxHeldBytes) {
      return new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength))
    }
    if (others >= framingBytes && buffer !== this.#shared) {
      // Moving it to another thread would take it from everyone who has a part of it: refused instead.
      markAsUntransferable(buffer)
      this.#shared = buffer
    }
    return new Uint8Array(buffer, byteOffset, byteLength)
  }
}

/**
 * Copies of small byte sequences that share slabs.
 *
 * An `ArrayBuffer` of its own costs over twenty times what copying 1 KiB costs, and more again when it is collected. A
 * slab is filled once, from the front: no two copies overlap and none is handed out twice, so that whoever has one may
 * change it. A copy keeps its slab alive, which is why slabs are small.
 */
import { markAsUntransferable } from "node:worker_threads"

/** The bytes of a slab: what the smallest of objects may hold on to. */
const slabBytes = 16 * 1024

/** What is larger has a buffer of its own: few of them fit into a slab, and copying takes over. */
const maxSharedBytes = 4 * 1024

/** Copies begin at multiples of this, so that views of wider numbers fit on them. */
const alignmentBytes = 8

/** Copies small byte sequences into slabs that they share, each into bytes of its own. */
export class SmallCopies {
  #slab: ArrayBuffer | undefined
  #used = 0

  /** A copy that nobody else has. */
  of(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const { byteLength } = bytes
    if (byteLength > maxSharedBytes || byteLength === 0) return new Uint8Array(bytes)
    let slab = this.#slab
    if (slab === undefined || this.#used + byteLength > slabBytes) {
      slab = new ArrayBuffer(slabBytes)
      // Moving it to another thread would take it from everyone whose copy is in it: refused instead.
      markAsUntransferable(slab)
      this.#slab = slab
      this.#used = 0
    }
    const copy = new Uint8Array(slab, this.#used, byteLength)
    copy.set(bytes)
    this.#used += Math.ceil(byteLength / alignmentBytes) * alignmentBytes
    return copy
  }
}

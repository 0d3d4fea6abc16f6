/** Memory for segments on their way, used again and again: fresh memory costs more than what is copied into it. */
export class SegmentBuffers {
  readonly #free: Array<Uint8Array<ArrayBuffer>> = []
  readonly #usualBytes: number

  /** `segmentBytes` is the size that a segment usually reaches; the object that reaches it may take a little more. */
  constructor(segmentBytes: number) {
    this.#usualBytes = segmentBytes + Math.ceil(segmentBytes / 16)
  }

  /** Joins pieces of a known total in memory that nobody else uses. */
  join(pieces: ReadonlyArray<Uint8Array>, sizeBytes: number): Uint8Array<ArrayBuffer> {
    const kept = sizeBytes <= this.#usualBytes ? this.#free.pop() : undefined
    // Not filled with zeros before, since it is overwritten at once; what is not is never looked at.
    const room = kept ?? new Uint8Array(Buffer.allocUnsafeSlow(Math.max(sizeBytes, this.#usualBytes)).buffer)
    let offset = 0
    for (const piece of pieces) {
      room.set(piece, offset)
      offset += piece.byteLength
    }
    return room.subarray(0, sizeBytes)
  }

  /** Gives the memory of a segment back, when nobody reads it any more. */
  giveBack(segment: Uint8Array<ArrayBuffer>): void {
    const room = new Uint8Array(segment.buffer)
    if (room.byteLength === this.#usualBytes) this.#free.push(room)
  }
}

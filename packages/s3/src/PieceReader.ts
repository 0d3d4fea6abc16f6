/** The pieces at hand of a stream of bytes, copied out in order. */
export class PieceReader {
  #pieces: ReadonlyArray<Uint8Array> = []
  #index = 0
  #offset = 0

  /** Takes the next pieces, when the earlier ones are used up. */
  feed(pieces: ReadonlyArray<Uint8Array>): void {
    this.#pieces = pieces
    this.#index = 0
    this.#offset = 0
  }

  /** Whether a byte is at hand. */
  hasMore(): boolean {
    return this.#current() !== undefined
  }

  /** Copies what is at hand into `room` from a position on, and gives the position reached. */
  fill(room: Uint8Array, from: number): number {
    let at = from
    for (let piece = this.#current(); piece !== undefined && at < room.byteLength; piece = this.#current()) {
      const taken = Math.min(piece.byteLength - this.#offset, room.byteLength - at)
      room.set(piece.subarray(this.#offset, this.#offset + taken), at)
      at += taken
      this.#offset += taken
    }
    return at
  }

  #current(): Uint8Array | undefined {
    for (;;) {
      const piece = this.#pieces[this.#index]
      if (piece === undefined || this.#offset < piece.byteLength) return piece
      this.#index++
      this.#offset = 0
    }
  }
}

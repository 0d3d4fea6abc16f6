/** Bytes in the pieces in which they came, joined when somebody looks at them: joining costs a server more than receiving. */
export class S3Body {
  #pieces: ReadonlyArray<Buffer>
  readonly sizeBytes: number

  constructor(pieces: ReadonlyArray<Buffer>) {
    this.#pieces = pieces
    this.sizeBytes = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  }

  /** All of them as one. */
  get bytes(): Buffer {
    const [first] = this.#pieces
    if (first !== undefined && this.#pieces.length === 1) return first
    const joined = Buffer.concat(this.#pieces)
    this.#pieces = [joined]
    return joined
  }

  /** One body after the other. */
  static join(bodies: ReadonlyArray<S3Body>): S3Body {
    return new S3Body(bodies.flatMap((body) => body.#pieces))
  }
}

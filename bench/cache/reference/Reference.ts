/**
 * A replacement policy to compare with: it sees one access after another, and says of each whether it was a hit.
 *
 * Keys are dense integers from 0, so that a policy may keep what it knows of a key in plain arrays. What is larger than the
 * whole capacity passes by and is never kept.
 */
export interface Reference {
  /** Looks the key up and, when it is not there, puts it in; true for a hit. */
  access(key: number, sizeBytes: number): boolean
}

export interface ReferenceOptions {
  /** What the sizes of everything kept may add up to. */
  readonly capacityBytes: number
  /** One more than the highest key. */
  readonly keys: number
}

export type MakeReference = (options: ReferenceOptions) => Reference

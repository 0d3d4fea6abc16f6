/**
 * Hashes keys to 32 bits: for the index of the entries, and for ghosts, which remember hashes and not keys.
 *
 * Each byte of a key is replaced by a random word of a table before it is multiplied in, and each cache draws a table of its own
 * from its seed: who does not know the table knows no two keys that fall together in every cache.
 * Tabulation hashing: A. L. Zobrist, "A New Hashing Method with Application for Game Playing", 1970.
 */

/** Hashes a key; what is equal under `===` has the same hash, and so has NaN each time. */
export type HashKey = (key: string | number) => number

/** Makes the hash of one cache; the same seed makes the same. */
export const makeHashKey = (seed: number): HashKey => {
  const words = randomWords(seed)
  return (key) => (typeof key === "string" ? hashText(key, words) : hashNumber(key, words))
}

/** A seed that nobody can foresee. */
export const randomSeed = (): number => crypto.getRandomValues(new Int32Array(1))[0] ?? 0

const golden = 0x9e3779b1

/** A word for each byte of a text, and for each byte of a number's two halves. */
const randomWords = (seed: number): Int32Array =>
  Int32Array.from({ length: 256 }, (_, index) => mix(mix(seed ^ golden) ^ Math.imul(index + 1, golden)))

const hashText = (text: string, words: Int32Array): number => {
  let hash = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    hash = Math.imul(hash ^ wordOf(words, unit), golden)
    if (unit > 255) hash = Math.imul(hash ^ (hash >>> 15) ^ wordOf(words, unit >>> 8), golden)
    hash ^= hash >>> 15
  }
  return mix(hash)
}

/** The word of the lowest byte; the table has one for each. */
const wordOf = (words: Int32Array, bits: number): number => words[bits & 255] ?? 0

const hashNumber = (value: number, words: Int32Array): number => {
  const high = Math.floor(value / 2 ** 32) | 0
  const fraction = ((value % 1) * 2 ** 31) | 0
  return mix(hashBits(hashBits(hashBits(0, value | 0, words), high, words), fraction, words))
}

const hashBits = (before: number, bits: number, words: Int32Array): number => {
  let hash = before
  for (let shift = 0; shift < 32; shift += 8) {
    hash = Math.imul(hash ^ wordOf(words, bits >>> shift), golden)
    hash ^= hash >>> 15
  }
  return hash
}

/** The finalizer of MurmurHash3: every bit of the input changes half of those of the result. */
const mix = (bits: number): number => {
  let hash = bits ^ (bits >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

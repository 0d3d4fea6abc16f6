/**
 * Hashes keys to 32 bits: for the index of the entries, and for ghosts, which remember hashes and not keys.
 *
 * Two UTF-16 units a step are multiplied into a state that begins with a seed, and folded so that high bits reach low ones. Each cache
 * draws a seed of its own, so that nobody can prepare keys that fall together in it.
 */

/** Hashes a key; what is equal under `===` has the same hash, and NaN one of its own. */
export const hashKey = (key: string | number, seed: number): number =>
  typeof key === "string" ? hashText(key, seed) : hashNumber(key, seed)

/** A seed that nobody can foresee. */
export const randomSeed = (): number => crypto.getRandomValues(new Int32Array(1))[0] ?? 0

const golden = 0x9e3779b1

const hashText = (text: string, seed: number): number => {
  const { length } = text
  let hash = seed ^ length
  let index = 1
  for (; index < length; index += 2) {
    hash = Math.imul(hash ^ text.charCodeAt(index - 1) ^ (text.charCodeAt(index) << 16), golden)
    hash ^= hash >>> 15
  }
  return index === length ? mix(Math.imul(hash ^ text.charCodeAt(index - 1), golden)) : mix(hash)
}

const hashNumber = (value: number, seed: number): number =>
  mix(mix(mix(value | 0) ^ ((value / 2 ** 32) | 0) ^ (((value % 1) * 2 ** 31) | 0)) ^ seed)

/** The finalizer of MurmurHash3: every bit of the input changes half of those of the result. */
const mix = (bits: number): number => {
  let hash = bits ^ (bits >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

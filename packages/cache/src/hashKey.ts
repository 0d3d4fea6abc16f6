/** Hashes a key to 32 bits: for ghosts, which remember hashes and not keys. */
export const hashKey = (key: string | number): number => (typeof key === "string" ? hashText(key) : hashNumber(key))

/** FNV-1a over UTF-16 units, then mixed. */
const hashText = (text: string): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return mix(hash)
}

const hashNumber = (value: number): number =>
  mix(mix(value | 0) ^ ((value / 2 ** 32) | 0) ^ (((value % 1) * 2 ** 31) | 0))

/** The finalizer of MurmurHash3: every bit of the input changes half of those of the result. */
const mix = (bits: number): number => {
  let hash = bits ^ (bits >>> 16)
  hash = Math.imul(hash, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

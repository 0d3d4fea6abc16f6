/** Bytes that a text-minded layer would change, and bytes that say where they belong. */

/** Every byte value once. */
export const everyByte = (): Uint8Array<ArrayBuffer> => Uint8Array.from({ length: 256 }, (_, index) => index)

/** Repeatable bytes without a short period, different for each seed. */
export const patterned = (length: number, seed = 1): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length)
  let state = (seed * 2_654_435_761) >>> 0 || 1
  for (let index = 0; index < length; index++) {
    // xorshift32 (Marsaglia, 2003): fast enough for megabytes, and no block of it repeats.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[index] = state
  }
  return bytes
}

/** Small contents that have been seen to arrive changed, by name. */
export const awkwardContents = (): Readonly<Record<string, Uint8Array<ArrayBuffer>>> => ({
  "no bytes": new Uint8Array(0),
  "a zero": Uint8Array.of(0),
  "every byte value": everyByte(),
  "invalid UTF-8": Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80),
  "a byte order mark": Uint8Array.of(0xef, 0xbb, 0xbf, 0x61),
  "line ends": Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x1a),
  "trailing zeros and spaces": Uint8Array.of(0x61, 0x20, 0x20, 0, 0),
  quotes: new TextEncoder().encode("' \" \\ ` \\0 %s ? $x"),
  "the word NULL": new TextEncoder().encode("NULL"),
  digits: new TextEncoder().encode("0012e3"),
})

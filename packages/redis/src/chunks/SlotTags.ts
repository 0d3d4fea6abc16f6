/**
 * Hash tags that share the slot of any key.
 *
 * A cluster's slot is the CRC-16 (XMODEM, polynomial 0x1021) of the key, or of what stands between its first `{` and the
 * next `}` where that is not empty, modulo 16,384. The tag of a slot is the least number, written in base 36, whose own
 * slot it is: every client finds the same one, and none is longer than four characters.
 */

/** The number of slots of every Redis Cluster. */
export const slotCount = 16_384

const crcTable = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc
})

const crc16 = (bytes: Uint8Array): number => {
  let crc = 0
  for (const byte of bytes) crc = ((crc << 8) ^ (crcTable[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff
  return crc
}

/** What of a key is hashed. */
const hashedPart = (bytes: Buffer): Buffer => {
  const open = bytes.indexOf(0x7b)
  const close = open < 0 ? -1 : bytes.indexOf(0x7d, open + 1)
  return close > open + 1 ? bytes.subarray(open + 1, close) : bytes
}

/** The slot of a key, as Redis computes it. */
export const slotOf = (key: string): number => crc16(hashedPart(Buffer.from(key, "utf8"))) % slotCount

/** Finds tags as they are needed and remembers them: at most 16,384 short texts. */
export class SlotTags {
  readonly #tags: Array<string | undefined> = []
  #next = 0

  /** The tag that shares the key's slot. */
  of(key: string): string {
    const slot = slotOf(key)
    let tag = this.#tags[slot]
    while (tag === undefined) {
      const candidate = (this.#next++).toString(36)
      this.#tags[crc16(Buffer.from(candidate, "latin1")) % slotCount] ??= candidate
      tag = this.#tags[slot]
    }
    return tag
  }
}

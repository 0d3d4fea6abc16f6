/**
 * The slot of a key in a Redis Cluster: the CRC-16 (XMODEM, polynomial 0x1021) of the key, or of what stands between its
 * first `{` and the next `}` where that is not empty, modulo 16,384.
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

/** The part of a key that alone is hashed, its hash tag; `undefined` where the whole key is. */
export const hashTagOf = (key: string): string | undefined => {
  const open = key.indexOf("{")
  const close = open < 0 ? -1 : key.indexOf("}", open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : undefined
}

/** The slot of a key, as Redis computes it. */
export const slotOf = (key: string): number => crc16(Buffer.from(hashTagOf(key) ?? key, "utf8")) % slotCount

/** The least number, in base 36, that has the slot of a key: at most four characters, the same for every client. */
export const slotTagOf = (key: string): string => {
  const slot = slotOf(key)
  let number = 0
  while (slotOf(number.toString(36)) !== slot) number++
  return number.toString(36)
}

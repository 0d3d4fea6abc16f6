import type { QueueEntry } from "@framedb/core"

/** A batch of messages as the publish script takes it. */
export interface PackedMessages {
  readonly packed: Buffer
  /** How many headers the messages have together. */
  readonly headerCount: number
}

const numberBytes = 4

/** Numbers and lengths are unsigned, big-endian and 4 bytes wide: of each message how many headers it has, its data, and the headers' names and values. */
export const packMessages = (messages: ReadonlyArray<QueueEntry>): PackedMessages => {
  let bytes = 0
  let headerCount = 0
  for (const { data, headers } of messages) {
    bytes += 2 * numberBytes + data.byteLength
    for (const name of Object.keys(headers)) {
      headerCount++
      bytes += 2 * numberBytes + Buffer.byteLength(name) + Buffer.byteLength(headers[name] ?? "")
    }
  }
  const packed = Buffer.allocUnsafe(bytes)
  let position = 0
  const writeText = (text: string) => {
    const length = packed.write(text, position + numberBytes)
    packed.writeUInt32BE(length, position)
    position += numberBytes + length
  }
  for (const { data, headers } of messages) {
    const names = Object.keys(headers)
    packed.writeUInt32BE(names.length, position)
    packed.writeUInt32BE(data.byteLength, position + numberBytes)
    position += 2 * numberBytes
    packed.set(data, position)
    position += data.byteLength
    for (const name of names) {
      writeText(name)
      writeText(headers[name] ?? "")
    }
  }
  return { packed, headerCount }
}

/**
 * What goes over the channel, in bytes, integers with the high byte first:
 *
 * | bytes | |
 * | --- | --- |
 * | 4 | `FDBI` |
 * | 1 | the version, 1 |
 * | 1 | what it says: 0 keys, 1 everything, 2 a mark |
 * | 16 | who sends it: random, for the life of a client |
 * | 4 | the sender's number of the message, each one more than the last, modulo 2³²; a mark has that of the last message |
 * | 2 and as many as these say, for each key | a key in UTF-8 |
 *
 * A mark follows what was sent, so that whoever has missed the last message learns it.
 */
import { problemOfKey } from "@framedb/core"

/** What a message says. */
export type InvalidationBody =
  | { readonly _tag: "Keys"; readonly keys: ReadonlyArray<string> }
  | { readonly _tag: "Everything" }
  | { readonly _tag: "Mark" }

/** A message of the channel. */
export interface InvalidationMessage {
  /** 16 bytes as hexadecimal digits. */
  readonly sender: string
  /** 0 to 2³² − 1. */
  readonly sequence: number
  readonly body: InvalidationBody
}

/** The most bytes of a message: a server passes each one on to every client at once. */
export const maxMessageBytes = 64 * 1024

const magic = Buffer.from("FDBI")
const version = 1
const headBytes = 26
const tags = ["Keys", "Everything", "Mark"] as const

/** Divides keys into lists of which each fits into a message. */
export const intoMessages = (keys: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> => {
  const lists: Array<Array<string>> = []
  let list: Array<string> = []
  let left = 0
  for (const key of keys) {
    const bytes = 2 + Buffer.byteLength(key)
    if (bytes > left) {
      list = []
      lists.push(list)
      left = maxMessageBytes - headBytes
    }
    list.push(key)
    left -= bytes
  }
  return lists
}

/** Turns a message into bytes. Its keys fit: see `intoMessages`. */
export const encodeMessage = ({ sender, sequence, body }: InvalidationMessage): Buffer => {
  const head = Buffer.alloc(headBytes)
  magic.copy(head)
  head.writeUInt8(version, 4)
  head.writeUInt8(tags.indexOf(body._tag), 5)
  head.write(sender, 6, "hex")
  head.writeUInt32BE(sequence, 22)
  if (body._tag !== "Keys") return head
  const parts: Array<Buffer> = [head]
  for (const key of body.keys) {
    const bytes = Buffer.from(key)
    const length = Buffer.alloc(2)
    length.writeUInt16BE(bytes.byteLength)
    parts.push(length, bytes)
  }
  return Buffer.concat(parts)
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

const decodeKeys = (bytes: Buffer): ReadonlyArray<string> | undefined => {
  const keys: Array<string> = []
  for (let offset = headBytes; offset < bytes.byteLength; ) {
    if (offset + 2 > bytes.byteLength) return undefined
    const end = offset + 2 + bytes.readUInt16BE(offset)
    const key = end > bytes.byteLength ? undefined : textOf(bytes.subarray(offset + 2, end))
    if (key === undefined || problemOfKey(key) !== undefined) return undefined
    keys.push(key)
    offset = end
  }
  return keys
}

/** Reads a message that anyone may have sent; `undefined` where it is none, too long, of another version, or has a key that can't be. */
export const decodeMessage = (bytes: Buffer): InvalidationMessage | undefined => {
  if (bytes.byteLength < headBytes || bytes.byteLength > maxMessageBytes) return undefined
  if (!bytes.subarray(0, 4).equals(magic) || bytes.readUInt8(4) !== version) return undefined
  const tag = tags[bytes.readUInt8(5)]
  const head = { sender: bytes.toString("hex", 6, 22), sequence: bytes.readUInt32BE(22) }
  if (tag === "Keys") {
    const keys = decodeKeys(bytes)
    return keys === undefined ? undefined : { ...head, body: { _tag: tag, keys } }
  }
  return tag === undefined || bytes.byteLength > headBytes ? undefined : { ...head, body: { _tag: tag } }
}

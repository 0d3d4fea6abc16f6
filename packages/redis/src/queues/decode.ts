/** Reads the server's answers. They are arrays of arrays and Buffers, whose shape the commands and scripts define. */
import { noHeaders, type QueueDelivery, type StreamHeaders } from "@framedb/core"

/** An entry of a stream: its id, and its fields and values in one flat array; nothing when it was deleted. */
export type StreamEntry = readonly [id: Buffer, fields: ReadonlyArray<Buffer> | null]

const dataField = Buffer.from("data")
const nothing = Buffer.alloc(0)

/** A reply is mostly a part of what a socket read; the receiver's bytes must not hold on to the rest. */
const owned = (reply: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(reply)

/** The numbers that an id begins with are the server's clock. */
const millisOf = (id: string): number => Number(id.slice(0, id.indexOf("-")))

const headersOf = (fields: ReadonlyArray<Buffer>, dataIndex: number): StreamHeaders => {
  const headers: Record<string, string> = {}
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const name = index === dataIndex ? undefined : fields[index]?.toString()
    if (name !== undefined) Object.defineProperty(headers, name, headerOf(fields[index + 1]))
  }
  return headers
}

/** Defined, not assigned: a header may have any name, also `__proto__`. */
const headerOf = (value: Buffer | undefined) => ({
  value: value?.toString() ?? "",
  enumerable: true,
  configurable: true,
  writable: true,
})

/**
 * The message that an entry holds: its `data` field, and the others as headers. Of an entry that another program wrote
 * without such a field, a single value is the data; of several, all are headers.
 */
export const messageOf = (idReply: Buffer, fields: ReadonlyArray<Buffer>, attempts: number): QueueDelivery => {
  const id = idReply.toString("latin1")
  const publishedAtMillis = millisOf(id)
  const value = fields[1]
  if (fields.length === 2 && value !== undefined) {
    return { id, data: owned(value), headers: noHeaders, attempts, publishedAtMillis }
  }
  let dataIndex = -1
  for (let index = 0; index < fields.length; index += 2) if (fields[index]?.equals(dataField)) dataIndex = index
  const data = owned((dataIndex < 0 ? undefined : fields[dataIndex + 1]) ?? nothing)
  return { id, data, headers: headersOf(fields, dataIndex), attempts, publishedAtMillis }
}

/** What XREAD and XREADGROUP answer of one stream: a map with one entry, in the form of the newer protocol or of the older. */
type ReadReply =
  | readonly [name: Buffer, entries: ReadonlyArray<StreamEntry>]
  | readonly [readonly [name: Buffer, entries: ReadonlyArray<StreamEntry>]]
  | null

/** The messages of XREAD and XREADGROUP of one stream, leaving out entries that were deleted. */
export const readReply = (reply: unknown): ReadonlyArray<QueueDelivery> => {
  // One stream was asked for; null is the end of a wait without anything.
  const read = reply as ReadReply
  const entries = read === null ? [] : read.length === 1 ? read[0][1] : read[1]
  const messages: Array<QueueDelivery> = []
  for (const [id, fields] of entries) if (fields !== null) messages.push(messageOf(id, fields, 1))
  return messages
}

/** The cursor and the messages of the claim script. */
export const claimReply = (reply: unknown): { readonly cursor: string; readonly messages: Array<QueueDelivery> } => {
  // As the script answers.
  const [cursor, entries] = reply as readonly [
    Buffer,
    ReadonlyArray<readonly [id: Buffer, attempts: number, fields: ReadonlyArray<Buffer>]>,
  ]
  return {
    cursor: cursor.toString("latin1"),
    messages: entries.map(([id, attempts, fields]) => messageOf(id, fields, attempts)),
  }
}

/** The messages of the take script of a list. */
export const takeReply = (reply: unknown): ReadonlyArray<QueueDelivery> =>
  // As the script answers.
  (reply as ReadonlyArray<readonly [id: Buffer, attempts: number, data: Buffer]>).map(([id, attempts, data]) => ({
    id: id.toString("latin1"),
    data: owned(data),
    headers: noHeaders,
    attempts,
    publishedAtMillis: undefined,
  }))

/** The ids of XPENDING's long form. */
export const pendingIds = (reply: unknown): ReadonlyArray<string> =>
  // `[[id, consumer, idle, deliveries], …]`
  (reply as ReadonlyArray<readonly [Buffer, ...ReadonlyArray<unknown>]>).map(([id]) => id.toString("latin1"))

/** A list of texts. */
export const textsOf = (reply: unknown): ReadonlyArray<string> =>
  // The scripts that are read with this answer texts only.
  (reply as ReadonlyArray<Buffer>).map((text) => text.toString())

/** A list of 0 and 1. */
export const flagsOf = (reply: unknown): ReadonlyArray<boolean> =>
  // The scripts that are read with this answer numbers only.
  (reply as ReadonlyArray<number>).map((flag) => flag === 1)

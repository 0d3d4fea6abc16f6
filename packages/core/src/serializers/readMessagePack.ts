import { ByteReader } from "./ByteReader.ts"
import { SerializerProblem, ValuePath } from "./SerializerProblem.ts"
import { setField } from "./setField.ts"

/** Reads one MessagePack value that takes all the bytes, or throws. */
export const readMessagePack = (data: Uint8Array<ArrayBuffer>): unknown => {
  const reader = new ByteReader(data)
  const value = read(reader, new ValuePath())
  reader.end()
  return value
}

const read = (reader: ByteReader, path: ValuePath): unknown => {
  const head = reader.u8()
  if (head < 0x80) return head
  if (head < 0x90) return readMap(reader, path, head & 0x0f)
  if (head < 0xa0) return readArray(reader, path, head & 0x0f)
  if (head < 0xc0) return reader.utf8(head & 0x1f)
  if (head >= 0xe0) return head - 0x100
  return head < 0xd4 && head > 0xc9 ? readNumber(head, reader) : readOther(head, reader, path)
}

const readNumber = (head: number, reader: ByteReader): unknown => {
  switch (head) {
    case 0xca:
      return reader.f32()
    case 0xcb:
      return reader.f64()
    case 0xcc:
      return reader.u8()
    case 0xcd:
      return reader.u16()
    case 0xce:
      return reader.u32()
    case 0xcf:
      return numberOf(reader.u64())
    case 0xd0:
      return reader.i8()
    case 0xd1:
      return reader.i16()
    case 0xd2:
      return reader.i32()
    default:
      return numberOf(reader.i64())
  }
}

const numberOf = (value: bigint): number | bigint => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

const readOther = (head: number, reader: ByteReader, path: ValuePath): unknown => {
  switch (head) {
    case 0xc0:
      return null
    case 0xc2:
      return false
    case 0xc3:
      return true
    case 0xc4:
      return reader.bytes(reader.u8())
    case 0xc5:
      return reader.bytes(reader.u16())
    case 0xc6:
      return reader.bytes(reader.u32())
    case 0xd9:
      return reader.utf8(reader.u8())
    case 0xda:
      return reader.utf8(reader.u16())
    case 0xdb:
      return reader.utf8(reader.u32())
    case 0xdc:
      return readArray(reader, path, reader.u16())
    case 0xdd:
      return readArray(reader, path, reader.u32())
    case 0xde:
      return readMap(reader, path, reader.u16())
    case 0xdf:
      return readMap(reader, path, reader.u32())
    default:
      return readExtension(head, reader)
  }
}

const readArray = (reader: ByteReader, path: ValuePath, length: number): ReadonlyArray<unknown> => {
  const items: Array<unknown> = []
  reader.count(length)
  for (let index = 0; index < length; index++) {
    path.enter(index)
    items.push(read(reader, path))
    path.leave()
  }
  return items
}

/** A plain object; a `Map` from the first key on that is not a text. */
const readMap = (reader: ByteReader, path: ValuePath, length: number): unknown => {
  const fields: Record<string, unknown> = {}
  let map: Map<unknown, unknown> | undefined
  reader.count(length, 2)
  for (let index = 0; index < length; index++) {
    path.enter(index)
    const key = read(reader, path)
    const value = read(reader, path)
    path.leave()
    if (typeof key !== "string") map ??= new Map(Object.entries(fields))
    if (map !== undefined) map.set(key, value)
    else if (typeof key === "string") setField(fields, key, value)
  }
  return map ?? fields
}

const readExtension = (head: number, reader: ByteReader): unknown => {
  const length = extensionLength(head, reader)
  const type = reader.i8()
  if (type !== -1) throw new SerializerProblem(`the MessagePack extension type ${type} is unknown`)
  if (length === 4) return new Date(reader.u32() * 1000)
  if (length === 8) {
    const both = reader.u64()
    return dateOf(Number(both & 0x3_ffff_ffffn), Number(both >> 34n))
  }
  if (length !== 12) throw new SerializerProblem(`a MessagePack timestamp has 4, 8 or 12 bytes, not ${length}`)
  const nanoseconds = reader.u32()
  return dateOf(Number(reader.i64()), nanoseconds)
}

const dateOf = (seconds: number, nanoseconds: number): Date => {
  const date = new Date(seconds * 1000 + Math.floor(nanoseconds / 1_000_000))
  if (Number.isNaN(date.getTime()) || nanoseconds >= 1_000_000_000)
    throw new SerializerProblem("a MessagePack timestamp is not one that a Date holds")
  return date
}

const extensionLength = (head: number, reader: ByteReader): number => {
  if (head >= 0xd4 && head <= 0xd8) return 2 ** (head - 0xd4)
  if (head === 0xc7) return reader.u8()
  if (head === 0xc8) return reader.u16()
  if (head === 0xc9) return reader.u32()
  throw new SerializerProblem("the bytes are not MessagePack: 0xc1 is never used")
}

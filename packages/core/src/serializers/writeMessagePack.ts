import { ByteWriter } from "./ByteWriter.ts"
import { arrayIrregularity, described, hiddenProperties, isPlainObject } from "./plainValue.ts"
import { ValuePath } from "./SerializerProblem.ts"
import { utf8Length } from "./utf8Length.ts"

/** Writes a value as MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), or throws and says where. */
export const writeMessagePack = (value: unknown): Uint8Array<ArrayBuffer> => {
  const writer = new ByteWriter()
  write(value, writer, new ValuePath())
  return writer.finish()
}

const write = (value: unknown, writer: ByteWriter, path: ValuePath): void => {
  switch (typeof value) {
    case "boolean":
      writer.u8(value ? 0xc3 : 0xc2)
      return
    case "number":
      writeNumber(value, writer)
      return
    case "bigint":
      writeBigInt(value, writer, path)
      return
    case "string":
      writeText(value, writer, path)
      return
    case "object":
      if (value === null) writer.u8(0xc0)
      else writeObject(value, writer, path)
      return
    default:
      throw path.problem(`is ${described(value)}, which MessagePack can't hold`)
  }
}

const writeNumber = (value: number, writer: ByteWriter): void => {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    writer.u8(0xcb)
    writer.f64(value)
  } else if (value >= 0) {
    writePositive(value, writer)
  } else {
    writeNegative(value, writer)
  }
}

const writePositive = (value: number, writer: ByteWriter): void => {
  if (value < 0x80) {
    writer.u8(value)
  } else if (value < 0x1_0000_0000) {
    writeLength(value, unsignedHeads, writer)
  } else {
    writer.u8(0xcf)
    writer.u64(BigInt(value))
  }
}

const writeNegative = (value: number, writer: ByteWriter): void => {
  if (value >= -0x20) {
    writer.u8(value & 0xff)
  } else if (value >= -0x80) {
    writer.u8(0xd0)
    writer.u8(value & 0xff)
  } else if (value >= -0x8000) {
    writer.u8(0xd1)
    writer.u16(value & 0xffff)
  } else if (value >= -0x8000_0000) {
    writer.u8(0xd2)
    writer.u32(value >>> 0)
  } else {
    writer.u8(0xd3)
    writer.i64(BigInt(value))
  }
}

const writeBigInt = (value: bigint, writer: ByteWriter, path: ValuePath): void => {
  if (value >= -(2n ** 53n) + 1n && value <= 2n ** 53n - 1n) {
    throw path.problem("is a bigint within 2^53, which would come back as a number: write a number")
  }
  if (BigInt.asUintN(64, value) === value) {
    writer.u8(0xcf)
    writer.u64(value)
  } else if (BigInt.asIntN(64, value) === value) {
    writer.u8(0xd3)
    writer.i64(value)
  } else {
    throw path.problem("is a bigint of more than 64 bits, which MessagePack can't hold")
  }
}

/** The first bytes of a kind, by the width of the length that follows: within the byte, 8, 16 and 32 bits. */
type Heads = readonly [fixed: { readonly base: number; readonly limit: number } | undefined, ...Widths]
type Widths = readonly [eight: number | undefined, sixteen: number, thirtyTwo: number]

const unsignedHeads: Heads = [undefined, 0xcc, 0xcd, 0xce]
const textHeads: Heads = [{ base: 0xa0, limit: 32 }, 0xd9, 0xda, 0xdb]
const binaryHeads: Heads = [undefined, 0xc4, 0xc5, 0xc6]
const arrayHeads: Heads = [{ base: 0x90, limit: 16 }, undefined, 0xdc, 0xdd]
const mapHeads: Heads = [{ base: 0x80, limit: 16 }, undefined, 0xde, 0xdf]

const writeLength = (length: number, heads: Heads, writer: ByteWriter): void => {
  const [fixed, eight, sixteen, thirtyTwo] = heads
  if (fixed !== undefined && length < fixed.limit) {
    writer.u8(fixed.base + length)
  } else if (eight !== undefined && length < 0x100) {
    writer.u8(eight)
    writer.u8(length)
  } else if (length < 0x1_0000) {
    writer.u8(sixteen)
    writer.u16(length)
  } else {
    writer.u8(thirtyTwo)
    writer.u32(length)
  }
}

const writeText = (value: string, writer: ByteWriter, path: ValuePath): void => {
  const length = utf8Length(value)
  if (length === undefined) throw path.problem("is not well-formed Unicode: it holds half of a surrogate pair")
  writeLength(length, textHeads, writer)
  writer.utf8(value, length)
}

const writeObject = (value: object, writer: ByteWriter, path: ValuePath): void => {
  if (Array.isArray(value)) {
    writeArray(value, writer, path)
  } else if (isPlainObject(value)) {
    writeFields(value, writer, path)
  } else if (isBytes(value)) {
    writeLength(value.byteLength, binaryHeads, writer)
    writer.bytes(value)
  } else if (Object.getPrototypeOf(value) === Date.prototype && value instanceof Date) {
    writeDate(value, writer, path)
  } else {
    throw path.problem(`is ${described(value)}, which MessagePack can't hold`)
  }
}

const isBytes = (value: object): value is Uint8Array => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Uint8Array.prototype || prototype === Buffer.prototype
}

const writeArray = (value: ReadonlyArray<unknown>, writer: ByteWriter, path: ValuePath): void => {
  const irregularity = arrayIrregularity(value)
  if (irregularity !== undefined) throw path.problem(irregularity)
  writeLength(value.length, arrayHeads, writer)
  for (let index = 0; index < value.length; index++) {
    path.enter(index)
    write(value[index], writer, path)
    path.leave()
  }
}

const writeFields = (value: Record<string, unknown>, writer: ByteWriter, path: ValuePath): void => {
  const keys = Object.keys(value)
  const hidden = hiddenProperties(value, keys)
  if (hidden !== undefined) throw path.problem(hidden)
  writeLength(keys.length, mapHeads, writer)
  for (const key of keys) {
    path.enter(key)
    writeText(key, writer, path)
    write(value[key], writer, path)
    path.leave()
  }
}

/** The 96-bit timestamp of the specification; the 32- and 64-bit forms where they are enough. */
const writeDate = (value: Date, writer: ByteWriter, path: ValuePath): void => {
  if (Reflect.ownKeys(value).length > 0) throw path.problem("is a Date with properties of its own")
  const time = value.getTime()
  if (Number.isNaN(time)) throw path.problem("is an invalid Date, which MessagePack can't hold")
  const seconds = Math.floor(time / 1000)
  const nanoseconds = (time - seconds * 1000) * 1_000_000
  if (seconds < 0 || seconds >= 2 ** 34) {
    writer.bytes(Uint8Array.of(0xc7, 12, 0xff))
    writer.u32(nanoseconds)
    writer.i64(BigInt(seconds))
  } else if (nanoseconds === 0 && seconds < 2 ** 32) {
    writer.bytes(Uint8Array.of(0xd6, 0xff))
    writer.u32(seconds)
  } else {
    writer.bytes(Uint8Array.of(0xd7, 0xff))
    writer.u64((BigInt(nanoseconds) << 34n) | BigInt(seconds))
  }
}

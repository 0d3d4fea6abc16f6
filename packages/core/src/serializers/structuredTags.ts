/** The first bytes of the structured format: what no other format of ours begins with, and the version. */
export const structuredHeader: Uint8Array = Uint8Array.of(0xc1, 0x46, 0x53, 1)

/** What each tag is followed by. A tag is never used again for something else. */
export const tags = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  /** A varint. */
  positive: 4,
  /** A varint n, for -1 - n. */
  negative: 5,
  /** A float: every other number, negative zero and NaN too. */
  float: 6,
  /** The length in bytes, then the magnitude, the highest byte first. */
  positiveBigInt: 7,
  negativeBigInt: 8,
  /** The length in bytes, then UTF-8. */
  text: 9,
  /** The number of UTF-16 units, then each, big-endian: a text that is not well-formed. */
  utf16: 10,
  /** The number of a value that has begun. */
  reference: 11,
  /** Fields: their number, then for each its key and its value. */
  object: 12,
  /** Fields of an object without a prototype. */
  nullObject: 13,
  /** The length, then each element. */
  array: 14,
  /** The length, then fields: an array with holes or properties of its own. */
  sparseArray: 15,
  /** A float: milliseconds since 1970, NaN for an invalid date. */
  date: 16,
  /** The source and the flags, each a text with its tag, then `lastIndex`. */
  regExp: 17,
  /** The number of entries, then for each its key and its value. */
  map: 18,
  /** The number of members, then each. */
  set: 19,
  /** The index in `errorTypes`, then fields: `message`, `stack`, `cause` and what else there is. */
  error: 20,
  /** The length in bytes, then the bytes. */
  arrayBuffer: 21,
  /** The index in `viewTypes`, the offset in bytes, the length in elements (bytes for a DataView), then the buffer. */
  view: 22,
  /** A primitive in an object, such as `new Number(1)`: the primitive. */
  boxed: 23,
} as const

/** The errors of the language, in the order of their numbers. */
export const errorTypes: ReadonlyArray<{ readonly prototype: object }> = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
]

/** What an error holds without showing it when its fields are listed. */
export const hiddenErrorFields: ReadonlySet<string> = new Set(["message", "stack", "cause", "errors"])

/** What builds a view on a buffer. */
export interface ViewType {
  readonly name: string
  readonly prototype: object
  readonly BYTES_PER_ELEMENT?: number
  new (buffer: ArrayBuffer, byteOffset: number, length: number): ArrayBufferView
}

const isViewType = (value: unknown): value is ViewType => typeof value === "function"

/** In Node since version 24, and not yet in TypeScript's library. */
const float16Array: unknown = Reflect.get(globalThis, "Float16Array")

/** The views on a buffer, in the order of their numbers. */
export const viewTypes: ReadonlyArray<ViewType> = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  ...(isViewType(float16Array) ? [float16Array] : []),
]

import { ByteReader } from "./ByteReader.ts"
import { blankError } from "./blankError.ts"
import { maxRegExpCost, regExpCost } from "./regExpCost.ts"
import { SerializerProblem, ValuePath } from "./SerializerProblem.ts"
import { setField } from "./setField.ts"
import { errorTypes, hiddenErrorFields, structuredHeader, tags, viewTypes } from "./structuredTags.ts"

/** Reads a value in the structured format, or throws. */
export const readStructured = (data: Uint8Array<ArrayBuffer>): unknown => new StructuredReader(data).read()

/** The longest array of the language. */
const maxArrayLength = 2 ** 32 - 1

type Primitive = undefined | null | boolean | number | bigint | string

/** Whether a tag's value holds no other values: those from `undefined` to `utf16`. */
const isPrimitive = (tag: number): boolean => tag <= tags.utf16

class StructuredReader {
  readonly #in: ByteReader
  readonly #path = new ValuePath()
  /** Every value that has begun, by its number. */
  readonly #values: Array<unknown> = []
  readonly #keys: Array<string> = []
  #regExpCost = 0

  constructor(data: Uint8Array<ArrayBuffer>) {
    this.#in = new ByteReader(data)
  }

  read(): unknown {
    for (const [index, byte] of structuredHeader.entries()) {
      if (this.#in.u8() === byte) continue
      const isVersion = index === structuredHeader.length - 1
      throw new SerializerProblem(
        isVersion ? "the bytes are of a newer version of the structured format" : "the bytes are not structured values",
      )
    }
    const value = this.#value()
    this.#in.end()
    return value
  }

  #value(): unknown {
    const tag = this.#in.u8()
    return isPrimitive(tag) ? this.#primitive(tag) : this.#object(tag)
  }

  #primitive(tag: number): Primitive {
    switch (tag) {
      case tags.undefined:
        return undefined
      case tags.null:
        return null
      case tags.false:
        return false
      case tags.true:
        return true
      case tags.positive:
        return this.#in.varint()
      case tags.negative:
        return -1 - this.#in.varint()
      case tags.float:
        return this.#in.f64()
      case tags.positiveBigInt:
        return this.#bigInt()
      case tags.negativeBigInt:
        return -this.#bigInt()
      case tags.text:
        return this.#in.utf8(this.#in.varint())
      default:
        return this.#utf16()
    }
  }

  #object(tag: number): unknown {
    switch (tag) {
      case tags.reference:
        return this.#reference()
      case tags.object:
        return this.#fields(this.#begin<Record<string, unknown>>({}))
      case tags.nullObject:
        return this.#fields(this.#begin<Record<string, unknown>>(Object.create(null)))
      case tags.array:
        return this.#array()
      case tags.sparseArray:
        return this.#sparseArray()
      case tags.date:
        return this.#begin(new Date(this.#in.f64()))
      case tags.regExp:
        return this.#regExp()
      case tags.map:
        return this.#map()
      case tags.set:
        return this.#set()
      case tags.error:
        return this.#error()
      case tags.arrayBuffer:
        return this.#begin(this.#in.bytes(this.#in.varint()).buffer)
      case tags.view:
        return this.#view()
      case tags.boxed:
        return this.#boxed()
      default:
        throw this.#path.problem(`has the tag ${tag}, which is unknown`)
    }
  }

  /** Gives a value its number. */
  #begin<A>(value: A): A {
    this.#values.push(value)
    return value
  }

  #reference(): unknown {
    const number = this.#in.varint()
    if (number >= this.#values.length) throw this.#path.problem("refers to a value that has not begun")
    return this.#values[number]
  }

  #bigInt(): bigint {
    const magnitude = this.#in.bytes(this.#in.varint())
    return magnitude.length === 0 ? 0n : BigInt(`0x${Buffer.from(magnitude.buffer).toString("hex")}`)
  }

  #utf16(): string {
    const units = this.#in.count(this.#in.varint(), 2)
    let text = ""
    for (let index = 0; index < units; index++) text += String.fromCharCode(this.#in.u16())
    return text
  }

  // What has one kind of value inside reads its tag itself: through `#value` any kind could nest there, uncounted.
  #text(): string {
    const tag = this.#in.u8()
    if (tag === tags.text) return this.#in.utf8(this.#in.varint())
    if (tag === tags.utf16) return this.#utf16()
    throw this.#path.problem("has something else where a text belongs")
  }

  #buffer(): unknown {
    const tag = this.#in.u8()
    if (tag === tags.arrayBuffer || tag === tags.reference) return this.#object(tag)
    throw this.#path.problem("has something else where a buffer belongs")
  }

  #part(segment: string | number): unknown {
    this.#path.enter(segment)
    const value = this.#value()
    this.#path.leave()
    return value
  }

  #key(): string {
    const number = this.#in.varint()
    if (number === 0) {
      const key = this.#text()
      this.#keys.push(key)
      return key
    }
    const key = this.#keys[number - 1]
    if (key === undefined) throw this.#path.problem("refers to a key that has not been named")
    return key
  }

  #fields<A extends object>(target: A, set: (target: A, key: string, value: unknown) => void = setField): A {
    // A key that was named before takes one byte, and so does a value.
    const count = this.#in.count(this.#in.varint(), 2)
    for (let index = 0; index < count; index++) {
      const key = this.#key()
      set(target, key, this.#part(key))
    }
    return target
  }

  #array(): ReadonlyArray<unknown> {
    const length = this.#in.count(this.#in.varint())
    const items = this.#begin<Array<unknown>>([])
    for (let index = 0; index < length; index++) items.push(this.#part(index))
    return items
  }

  #sparseArray(): ReadonlyArray<unknown> {
    const length = this.#in.varint()
    if (length > maxArrayLength) throw this.#path.problem("is longer than an array can be")
    const items = this.#begin<Array<unknown>>([])
    // With an accessor among them the elements become a dictionary, which takes no room for holes whatever the length.
    Object.defineProperty(items, 0, { get: () => undefined, configurable: true })
    Reflect.deleteProperty(items, 0)
    items.length = length
    return this.#fields(items, (target, key, value) => {
      if (key === "length") throw this.#path.problem("has its length twice")
      setField(target, key, value)
      if (target.length !== length) throw this.#path.problem("has an element beyond its end")
    })
  }

  #regExp(): RegExp {
    const [source, flags] = [this.#text(), this.#text()]
    const lastIndex = this.#in.varint()
    this.#regExpCost += regExpCost(source, flags)
    if (this.#regExpCost > maxRegExpCost) throw this.#path.problem("is beyond what regular expressions may cost")
    try {
      const value = this.#begin(new RegExp(source, flags))
      value.lastIndex = lastIndex
      return value
    } catch {
      // The engine's own message quotes the source.
      throw this.#path.problem("is not a regular expression that this version of Node knows")
    }
  }

  #map(): ReadonlyMap<unknown, unknown> {
    const size = this.#in.count(this.#in.varint(), 2)
    const map = this.#begin(new Map<unknown, unknown>())
    for (let index = 0; index < size; index++) {
      const key = this.#part(index)
      map.set(key, this.#part(index))
    }
    return map
  }

  #set(): ReadonlySet<unknown> {
    const size = this.#in.count(this.#in.varint())
    const set = this.#begin(new Set<unknown>())
    for (let index = 0; index < size; index++) set.add(this.#part(index))
    return set
  }

  #error(): Error {
    const type = errorTypes[this.#in.varint()]
    if (type === undefined) throw this.#path.problem("is an error of an unknown type")
    let hasStack = false
    const error = this.#fields(this.#begin(blankError(type.prototype)), (target, key, value) => {
      hasStack ||= key === "stack"
      const enumerable = !hiddenErrorFields.has(key)
      Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
    })
    if (!hasStack) Reflect.deleteProperty(error, "stack")
    return error
  }

  #view(): ArrayBufferView {
    const type = viewTypes[this.#in.varint()]
    if (type === undefined) throw this.#path.problem("is a view of a type that this version of Node does not know")
    const [offset, length] = [this.#in.varint(), this.#in.varint()]
    const number = this.#values.length
    this.#begin(undefined)
    const buffer = this.#buffer()
    const bytesEach = type.BYTES_PER_ELEMENT ?? 1
    if (
      !(buffer instanceof ArrayBuffer) ||
      offset % bytesEach !== 0 ||
      offset + length * bytesEach > buffer.byteLength
    ) {
      throw this.#path.problem("is a view beyond its buffer")
    }
    const view = new type(buffer, offset, length)
    this.#values[number] = view
    return view
  }

  #boxed(): unknown {
    const number = this.#values.length
    this.#begin(undefined)
    const tag = this.#in.u8()
    const primitive = isPrimitive(tag) ? this.#primitive(tag) : undefined
    if (primitive === undefined || primitive === null) {
      throw this.#path.problem("has something else where a primitive belongs")
    }
    const boxed: unknown = Object(primitive)
    this.#values[number] = boxed
    return boxed
  }
}

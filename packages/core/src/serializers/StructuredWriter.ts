import { ByteWriter } from "./ByteWriter.ts"
import { arrayIrregularity, described, isPlainArray, isPlainObject } from "./plainValue.ts"
import { maxRegExpCost, regExpCost } from "./regExpCost.ts"
import { ValuePath } from "./SerializerProblem.ts"
import { StructuredBuffers } from "./StructuredBuffers.ts"
import { errorTypes, hiddenErrorFields, structuredHeader, tags } from "./structuredTags.ts"
import { utf8Length } from "./utf8Length.ts"

/** Writes a value in the structured format, or throws and says where it can't. */
export const writeStructured = (value: unknown): Uint8Array<ArrayBuffer> => new StructuredWriter().write(value)

class StructuredWriter {
  readonly #out = new ByteWriter()
  readonly #path = new ValuePath()
  /** The number of every value that has begun. */
  readonly #numbers = new Map<object, number>()
  readonly #keys = new Map<string, number>()
  #regExpCost = 0
  readonly #buffers = new StructuredBuffers(this.#out, this.#path, (object) => this.#begin(object))

  write(value: unknown): Uint8Array<ArrayBuffer> {
    this.#out.bytes(structuredHeader)
    this.#value(value)
    return this.#out.finish()
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "undefined":
        this.#out.u8(tags.undefined)
        return
      case "boolean":
        this.#out.u8(value ? tags.true : tags.false)
        return
      case "number":
        this.#number(value)
        return
      case "bigint":
        this.#bigInt(value)
        return
      case "string":
        this.#text(value)
        return
      case "object":
        if (value === null) this.#out.u8(tags.null)
        else this.#object(value)
        return
      default:
        throw this.#path.problem(`is ${described(value)}, which can't be stored`)
    }
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.#out.u8(tags.float)
      this.#out.f64(value)
      return
    }
    this.#out.u8(value >= 0 ? tags.positive : tags.negative)
    this.#out.varint(value >= 0 ? value : -1 - value)
  }

  #bigInt(value: bigint): void {
    const hex = (value < 0n ? -value : value).toString(16)
    const magnitude = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")
    this.#out.u8(value < 0n ? tags.negativeBigInt : tags.positiveBigInt)
    this.#out.varint(magnitude.length)
    this.#out.bytes(magnitude)
  }

  #text(value: string): void {
    const length = utf8Length(value)
    if (length !== undefined) {
      this.#out.u8(tags.text)
      this.#out.varint(length)
      this.#out.utf8(value, length)
      return
    }
    this.#out.u8(tags.utf16)
    this.#out.varint(value.length)
    for (let index = 0; index < value.length; index++) this.#out.u16(value.charCodeAt(index))
  }

  /** Writes a reference where the value has begun before; else gives it the next number and says so. */
  #begin(value: object): boolean {
    const number = this.#numbers.get(value)
    if (number === undefined) {
      this.#numbers.set(value, this.#numbers.size)
      return true
    }
    this.#out.u8(tags.reference)
    this.#out.varint(number)
    return false
  }

  #object(value: object): void {
    if (ArrayBuffer.isView(value)) this.#buffers.view(value)
    else if (value instanceof ArrayBuffer) this.#buffers.buffer(value)
    else if (this.#begin(value)) this.#begun(value)
  }

  #begun(value: object): void {
    if (Array.isArray(value)) {
      this.#array(value)
    } else if (isPlainObject(value)) {
      this.#out.u8(Object.getPrototypeOf(value) === null ? tags.nullObject : tags.object)
      this.#fields(value, Object.keys(value), 0)
    } else {
      this.#special(value, Object.getPrototypeOf(value))
    }
  }

  #special(value: object, prototype: unknown): void {
    const errorType = errorTypes.findIndex((type) => type.prototype === prototype)
    if (prototype === Map.prototype && value instanceof Map) this.#map(value)
    else if (prototype === Set.prototype && value instanceof Set) this.#set(value)
    else if (prototype === Date.prototype && value instanceof Date) this.#date(value)
    else if (prototype === RegExp.prototype && value instanceof RegExp) this.#regExp(value)
    else if (errorType !== -1) this.#error(value, errorType)
    else if (boxedPrototypes.has(prototype)) this.#boxed(value)
    else throw this.#path.problem(`is ${described(value)}, whose class would be lost`)
  }

  #array(value: ReadonlyArray<unknown>): void {
    if (!isPlainArray(value)) throw this.#path.problem(`is ${described(value)}, whose class would be lost`)
    if (arrayIrregularity(value) !== undefined) {
      this.#out.u8(tags.sparseArray)
      this.#out.varint(value.length)
      // `length` is an array's one property that does not show.
      this.#fields(value, Object.keys(value), 1)
      return
    }
    this.#out.u8(tags.array)
    this.#out.varint(value.length)
    for (let index = 0; index < value.length; index++) this.#part(index, value[index])
  }

  #part(segment: string | number, value: unknown): void {
    this.#path.enter(segment)
    this.#value(value)
    this.#path.leave()
  }

  #fields(value: object, keys: ReadonlyArray<string>, hidden: number): void {
    this.#refuseProperties(value, keys.length + hidden)
    this.#out.varint(keys.length)
    for (const key of keys) {
      this.#key(key)
      this.#part(key, Reflect.get(value, key))
    }
  }

  #key(key: string): void {
    const number = this.#keys.get(key)
    this.#out.varint(number === undefined ? 0 : number + 1)
    if (number !== undefined) return
    this.#keys.set(key, this.#keys.size)
    this.#text(key)
  }

  /** Throws where a value has more properties than are written. */
  #refuseProperties(value: object, written: number): void {
    if (Object.getOwnPropertySymbols(value).length > 0) throw this.#path.problem("has a property whose key is a symbol")
    if (Object.getOwnPropertyNames(value).length !== written) {
      throw this.#path.problem("has a property that would be lost: it is not enumerable, or not part of the value")
    }
  }

  #map(value: ReadonlyMap<unknown, unknown>): void {
    this.#refuseProperties(value, 0)
    this.#out.u8(tags.map)
    this.#out.varint(value.size)
    let index = 0
    for (const [key, item] of value) {
      this.#part(index, key)
      this.#part(index, item)
      index++
    }
  }

  #set(value: ReadonlySet<unknown>): void {
    this.#refuseProperties(value, 0)
    this.#out.u8(tags.set)
    this.#out.varint(value.size)
    let index = 0
    for (const item of value) this.#part(index++, item)
  }

  #date(value: Date): void {
    this.#refuseProperties(value, 0)
    this.#out.u8(tags.date)
    this.#out.f64(value.getTime())
  }

  #regExp(value: RegExp): void {
    this.#refuseProperties(value, 1)
    const { lastIndex } = value
    if (!Number.isSafeInteger(lastIndex) || lastIndex < 0) throw this.#path.problem("has a lastIndex that is no index")
    this.#regExpCost += regExpCost(value.source, value.flags)
    if (this.#regExpCost > maxRegExpCost) throw this.#path.problem("is beyond what regular expressions may cost")
    this.#out.u8(tags.regExp)
    this.#text(value.source)
    this.#text(value.flags)
    this.#out.varint(lastIndex)
  }

  #error(value: object, type: number): void {
    const keys = Object.getOwnPropertyNames(value)
    const shown = keys.filter(
      (key) => hiddenErrorFields.has(key) || Object.prototype.propertyIsEnumerable.call(value, key),
    )
    this.#out.u8(tags.error)
    this.#out.varint(type)
    this.#fields(value, shown, 0)
  }

  #boxed(value: object): void {
    const primitive: unknown = value.valueOf()
    if (typeof primitive === "object" || typeof primitive === "symbol") {
      throw this.#path.problem(`is ${described(value)}, which can't be stored`)
    }
    // A boxed text shows its characters as properties.
    this.#refuseProperties(value, typeof primitive === "string" ? primitive.length + 1 : 0)
    this.#out.u8(tags.boxed)
    this.#value(primitive)
  }
}

const boxedPrototypes: ReadonlySet<unknown> = new Set([
  Number.prototype,
  String.prototype,
  Boolean.prototype,
  BigInt.prototype,
])

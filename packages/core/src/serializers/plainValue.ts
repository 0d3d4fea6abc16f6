/** What tells a plain value from one that would lose something on the way. */

/** Whether an object is a literal's: its prototype is `Object.prototype` of any realm, or none. */
export const isPlainObject = (value: object): value is Record<string, unknown> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  // The root of another realm, such as a `vm` context.
  return (
    typeof prototype === "object" && Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "valueOf")
  )
}

/** Says which of a plain object's properties would be passed over, or `undefined` where none would. */
export const hiddenProperties = (value: object, keys: ReadonlyArray<string>): string | undefined => {
  if (Object.getOwnPropertySymbols(value).length > 0) return "has a property whose key is a symbol"
  if (Object.getOwnPropertyNames(value).length !== keys.length) return "has a property that is not enumerable"
  return undefined
}

/**
 * Says what besides its elements an array holds or lacks, or `undefined` where it is only a list. Properties that are
 * not enumerable, such as a template's `raw`, are not looked for: that would cost more than writing the elements.
 */
export const arrayIrregularity = (value: ReadonlyArray<unknown>): string | undefined => {
  if (!isPlainArray(value)) return `is ${described(value)}, not a plain array`
  const keys = Object.keys(value)
  // Holes make the keys fewer, further properties more; with as many of both, the last key is no index.
  if (keys.length !== value.length || (keys.length > 0 && keys[keys.length - 1] !== String(value.length - 1))) {
    return keys.length < value.length ? "is an array with holes" : "is an array with properties of its own"
  }
  return Object.getOwnPropertySymbols(value).length > 0 ? "has a property whose key is a symbol" : undefined
}

/** Whether an array is a literal's, of any realm. `Array.prototype` is an array, the prototype of a subclass is not. */
export const isPlainArray = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Array.prototype || Array.isArray(prototype)
}

/** A value's kind for a message: never its content. */
export const nameOf = (value: unknown): string => {
  if (value === null) return "null"
  if (typeof value !== "object") return typeof value
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  const constructor: unknown = Reflect.get(value, "constructor")
  const name = typeof constructor === "function" && constructor.name !== "" ? constructor.name : tag
  return name
}

/** What a value is, with its article: `a Map`, `undefined`, `an Error`. */
export const described = (value: unknown): string => {
  const name = nameOf(value)
  if (name === "undefined" || name === "null") return name
  return /^[aeiou]/i.test(name) ? `an ${name}` : `a ${name}`
}

import { arrayIrregularity, described, hiddenProperties, isPlainObject } from "./plainValue.ts"
import { ValuePath } from "./SerializerProblem.ts"

/** What a value that JSON can hold still asks of its writer. */
export interface JsonTraits {
  /** There is a negative zero, which `JSON.stringify` by itself writes as `0`. */
  hasNegativeZero: boolean
}

/** Throws where JSON would lose, change or refuse a part of a value, and says where. */
export const checkJson = (value: unknown): JsonTraits => {
  const traits: JsonTraits = { hasNegativeZero: false }
  check(value, new ValuePath(), traits)
  return traits
}

const check = (value: unknown, path: ValuePath, traits: JsonTraits): void => {
  switch (typeof value) {
    case "boolean":
      return
    case "string":
      if (!value.isWellFormed()) throw path.problem("is not well-formed Unicode: it holds half of a surrogate pair")
      return
    case "number":
      if (!Number.isFinite(value)) throw path.problem(`is ${value}, which JSON can't hold`)
      if (Object.is(value, -0)) traits.hasNegativeZero = true
      return
    case "object":
      if (value === null) return
      if (Array.isArray(value)) checkArray(value, path, traits)
      else checkObject(value, path, traits)
      return
    default:
      throw path.problem(`is ${described(value)}, which JSON can't hold`)
  }
}

const checkArray = (value: ReadonlyArray<unknown>, path: ValuePath, traits: JsonTraits): void => {
  const irregularity = arrayIrregularity(value)
  if (irregularity !== undefined) throw path.problem(irregularity)
  for (let index = 0; index < value.length; index++) {
    path.enter(index)
    check(value[index], path, traits)
    path.leave()
  }
}

const checkObject = (value: object, path: ValuePath, traits: JsonTraits): void => {
  if (!isPlainObject(value)) throw path.problem(`is ${described(value)}, which JSON can't hold`)
  const keys = Object.keys(value)
  const hidden = hiddenProperties(value, keys)
  if (hidden !== undefined) throw path.problem(hidden)
  for (const key of keys) {
    path.enter(key)
    if (!key.isWellFormed()) throw path.problem("has a key that is not well-formed Unicode")
    check(value[key], path, traits)
    path.leave()
  }
}

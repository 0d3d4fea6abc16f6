/**
 * The subset of MongoDB's filters that the server knows: equality, dotted paths (also into arrays), `$eq $ne $gt $gte
 * $lt $lte $in $nin $exists $not`, and `$and $or $nor`. Everything else is refused, never ignored.
 */
import type { Json, JsonObject } from "@framedb/core"
import * as Predicate from "effect/Predicate"
import { compareOrdered, isEqualJson, isJsonObject, matchesValue } from "./values.ts"
import { valuesAt } from "./valuesAt.ts"

/** Whether an entry is among those that a filter asks for. */
export type EntryPredicate = (entry: JsonObject) => boolean

/** Why a filter can't be used. */
export class FilterProblem {
  readonly problem: string

  constructor(problem: string) {
    this.problem = problem
  }
}

/** The deepest nesting, and the most conditions, of a filter: what it costs is multiplied by every entry. */
const maxDepth = 16
const maxConditions = 512
/** The longest path: deeper than metadata is. */
const maxPathNames = 100

/** What an operator says of the values at the end of a path; a field that is missing is `undefined`. */
type Condition = (values: ReadonlyArray<Json | undefined>) => boolean

interface Budget {
  conditions: number
}

const fail = (problem: string): never => {
  throw new FilterProblem(problem)
}

const spend = (budget: Budget, conditions: number): void => {
  budget.conditions += conditions
  if (budget.conditions > maxConditions) fail(`a filter has at most ${maxConditions} conditions`)
}

const listOf = (operator: string, operand: Json | undefined): ReadonlyArray<Json> =>
  Array.isArray(operand) ? operand : fail(`${operator} takes a list`)

const ordered =
  (operand: Json | undefined, accept: (order: number) => boolean): Condition =>
  (values) =>
    values.some((value) =>
      (Array.isArray(value) ? value : [value]).some((item) => {
        const order = compareOrdered(item, operand)
        return order !== undefined && accept(order)
      }),
    )

const equals =
  (operand: Json | undefined): Condition =>
  (values) =>
    values.length === 0 ? operand === null : values.some((value) => matchesValue(value, operand ?? null))

/** Texts, which make most lists and the long ones, are looked up; a list of thousands costs no more than one of ten. */
const isIn = (operand: ReadonlyArray<Json>, budget: Budget): Condition => {
  const texts = new Set(operand.filter(Predicate.isString))
  const others = operand.filter((item) => !Predicate.isString(item)).map((item) => equals(item))
  spend(budget, others.length)
  const isText = (value: Json | undefined) => Predicate.isString(value) && texts.has(value)
  return (values) =>
    values.some((value) => isText(value) || (Array.isArray(value) && value.some(isText))) ||
    others.some((condition) => condition(values))
}

const not =
  (condition: Condition): Condition =>
  (values) =>
    !condition(values)

const compileOperator = (operator: string, operand: Json | undefined, depth: number, budget: Budget): Condition => {
  switch (operator) {
    case "$eq":
      return equals(operand)
    case "$ne":
      return not(equals(operand))
    case "$gt":
      return ordered(operand, (order) => order > 0)
    case "$gte":
      return ordered(operand, (order) => order >= 0)
    case "$lt":
      return ordered(operand, (order) => order < 0)
    case "$lte":
      return ordered(operand, (order) => order <= 0)
    case "$in":
      return isIn(listOf(operator, operand), budget)
    case "$nin":
      return not(isIn(listOf(operator, operand), budget))
    case "$exists":
      return (values) => values.some((value) => value !== undefined) === (operand !== false && operand !== 0)
    case "$not":
      return isJsonObject(operand) ? not(compileCondition(operand, depth + 1, budget)) : fail("$not takes operators")
    default:
      return fail(`the operator ${operator} is not supported`)
  }
}

const compileCondition = (operand: Json | undefined, depth: number, budget: Budget): Condition => {
  if (depth > maxDepth) fail(`a filter is nested at most ${maxDepth} deep`)
  spend(budget, 1)
  if (!isJsonObject(operand)) return equals(operand)
  const operators = Object.keys(operand).filter((name) => name.startsWith("$"))
  if (operators.length === 0) return (values) => values.some((value) => isEqualJson(value, operand))
  if (operators.length !== Object.keys(operand).length) fail("operators and fields stand side by side")
  const conditions = operators.map((name) => compileOperator(name, operand[name], depth, budget))
  return (values) => conditions.every((condition) => condition(values))
}

const compileField = (name: string, operand: Json | undefined, depth: number, budget: Budget): EntryPredicate => {
  if (name === "$and" || name === "$or" || name === "$nor") {
    const parts = listOf(name, operand).map((part) =>
      isJsonObject(part) ? compileFields(part, depth + 1, budget) : fail(`${name} takes a list of filters`),
    )
    if (parts.length === 0) fail(`${name} takes at least one filter`)
    if (name === "$and") return (entry) => parts.every((part) => part(entry))
    const isAny: EntryPredicate = (entry) => parts.some((part) => part(entry))
    return name === "$or" ? isAny : (entry) => !isAny(entry)
  }
  if (name.startsWith("$")) return fail(`the operator ${name} is not supported`)
  const path = name.split(".", maxPathNames + 1)
  if (path.length > maxPathNames) fail(`a path has at most ${maxPathNames} names`)
  const condition = compileCondition(operand, depth, budget)
  return (entry) => condition(valuesAt(entry, path))
}

const compileFields = (filter: JsonObject, depth: number, budget: Budget): EntryPredicate => {
  if (depth > maxDepth) fail(`a filter is nested at most ${maxDepth} deep`)
  const fields = Object.entries(filter).map(([name, operand]) => compileField(name, operand, depth, budget))
  return (entry) => fields.every((field) => field(entry))
}

/** Compiles a filter, or says why it can't be used. */
export const compileFilter = (filter: JsonObject): EntryPredicate | FilterProblem => {
  try {
    return compileFields(filter, 0, { conditions: 0 })
  } catch (thrown) {
    if (thrown instanceof FilterProblem) return thrown
    throw thrown
  }
}

/** The ids that a filter can match at most, where it names them: `{"_id": "a"}` or `{"_id": {"$in": ["a", "b"]}}`. */
export const idsOfFilter = (filter: JsonObject, idNames: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  for (const name of idNames) {
    const operand = Object.hasOwn(filter, name) ? filter[name] : undefined
    if (Predicate.isString(operand)) return [operand]
    const list = isJsonObject(operand) ? operand["$in"] : undefined
    if (Array.isArray(list)) return [...new Set(list.filter(Predicate.isString))]
  }
  return undefined
}

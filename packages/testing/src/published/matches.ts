/** Equality, dotted paths and `$in`, as far as clients of the published services go. */
import { isDeepStrictEqual } from "node:util"
import { type Document, isDocument } from "./Exchange.ts"

const valueAt = (document: unknown, path: ReadonlyArray<string>): unknown => {
  const [name, ...rest] = path
  if (name === undefined) return document
  return isDocument(document) && Object.hasOwn(document, name) ? valueAt(document[name], rest) : undefined
}

const isEqual = (value: unknown, wanted: unknown): boolean =>
  isDeepStrictEqual(value ?? null, wanted) ||
  (Array.isArray(value) && value.some((item) => isDeepStrictEqual(item, wanted)))

const matchesOperand = (value: unknown, operand: unknown): boolean => {
  if (!isDocument(operand) || !Object.keys(operand).some((name) => name.startsWith("$"))) return isEqual(value, operand)
  const list = operand["$in"]
  return Array.isArray(list) && list.some((wanted) => isEqual(value, wanted))
}

/** Why a filter is refused, if it is. */
export const problemOfFilter = (filter: unknown): string | undefined => {
  if (!isDocument(filter)) return "filter must be an instance of dict"
  const operators = [
    ...Object.keys(filter),
    ...Object.values(filter).flatMap((operand) => (isDocument(operand) ? Object.keys(operand) : [])),
  ].filter((name) => name.startsWith("$") && name !== "$in")
  return operators[0] === undefined ? undefined : `unknown operator: ${operators[0]}`
}

/** Whether a document is among those that a filter asks for. */
export const matches = (document: Document, filter: Document): boolean =>
  Object.entries(filter).every(([path, operand]) => matchesOperand(valueAt(document, path.split(".")), operand))

/**
 * Says what keeps a value from being a list of keys or other names, or `undefined` where nothing does. A text can be iterated
 * too, letter by letter, which is never what is meant.
 */
export const problemOfNameList = (names: unknown): string | undefined => {
  if (typeof names === "string") return "is a list: a single one goes into a list, too"
  const isList =
    typeof names === "object" && names !== null && (Symbol.iterator in names || Symbol.asyncIterator in names)
  return isList ? undefined : "is a list, such as an array"
}

/** Values that a format without classes, identity or `undefined` would lose, each with the place it is refused at. */

class Point {
  x = 1
}

class Numbers extends Array<number> {}

const cyclic: { self?: unknown } = {}
cyclic.self = cyclic

const match = /a/.exec("xa")

/** A list nested so deep. */
export const nested = (depth: number): unknown => {
  let value: unknown = 0
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

/** What JSON and MessagePack refuse alike. */
export const lossy: ReadonlyArray<readonly [what: string, value: unknown, path: string]> = [
  ["undefined", undefined, "$"],
  ["undefined in a field", { user: { tags: undefined } }, "$.user.tags"],
  ["undefined in an array", { user: { tags: [1, 2, undefined] } }, "$.user.tags[2]"],
  ["a Map", { "a b": new Map([[1, 2]]) }, '$["a b"]'],
  ["a Set", [new Set([1])], "$[0]"],
  ["a RegExp", [/a/], "$[0]"],
  ["an Error", new Error("secret"), "$"],
  ["a Promise", [Promise.resolve(1)], "$[0]"],
  ["a function", { run: () => 1 }, "$.run"],
  ["a symbol", [Symbol("s")], "$[0]"],
  ["an instance of a class", { at: new Point() }, "$.at"],
  ["an instance of a class that extends Array", [Numbers.of(1, 2)], "$[0]"],
  ["an object with toJSON", { toJSON: () => 1 }, "$.toJSON"],
  ["an object with a symbol as key", { a: { [Symbol("s")]: 1 } }, "$.a"],
  ["an object with a hidden property", Object.defineProperty({ a: 1 }, "b", { value: 2 }), "$"],
  // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
  ["an array with holes", [[1, , 3]], "$[0]"],
  ["an array with properties", [match], "$[0]"],
  // biome-ignore lint/suspicious/noSparseArray: holes are what is tested
  ["an array with a hole and a property", Object.assign([1, , 3], { a: 1 }), "$"],
  ["a cycle", { a: cyclic }, "$.a.self.self"],
  ["half of a surrogate pair", { a: "x\ud800" }, "$.a"],
  ["half of a surrogate pair in a key", { a: { "\udc00": 1 } }, "$.a"],
  ["an ArrayBuffer", [new ArrayBuffer(2)], "$[0]"],
  ["a Float64Array", [new Float64Array(2)], "$[0]"],
  ["a boxed number", [Object(1)], "$[0]"],
  ["more than 1,000 levels", nested(1001), "$[0][0]"],
]

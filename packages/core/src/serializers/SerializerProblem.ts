/** What a built-in serializer throws. The message names the place in the value, never the value. */
export class SerializerProblem extends Error {
  override readonly name = "SerializerProblem"
}

/** The deepest nesting that the built-in serializers write and read: a bound far below where the stack ends. */
export const maxDepth = 1000

/** The longest path written into a message, in characters. */
const maxPathCharacters = 200

/** Where in a value a serializer stands: a name for a property, a number for an element. */
export class ValuePath {
  readonly #segments: Array<string | number> = []

  /** How deep the place is. */
  get depth(): number {
    return this.#segments.length
  }

  /** Steps into a part, or throws where that is deeper than `maxDepth`. */
  enter(segment: string | number): void {
    if (this.#segments.length >= maxDepth)
      throw this.problem(`is nested deeper than ${maxDepth} levels, or holds itself`)
    this.#segments.push(segment)
  }

  /** Steps back out. */
  leave(): void {
    this.#segments.pop()
  }

  /** The problem of what stands here: `$.user.tags[2]` and then the words. */
  problem(words: string): SerializerProblem {
    return new SerializerProblem(`${this.toString()} ${words}`)
  }

  toString(): string {
    const path = `$${this.#segments.map(written).join("")}`
    return path.length <= maxPathCharacters ? path : `${path.slice(0, maxPathCharacters)}…`
  }
}

const written = (segment: string | number): string => {
  if (typeof segment === "number") return `[${segment}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`
}

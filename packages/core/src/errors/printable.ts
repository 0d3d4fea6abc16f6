/** How errors look where a person prints them: name, message and stack, then the fields that tell more. */
const inspect = Symbol.for("nodejs.util.inspect.custom")

/** What the first line says already. */
const told = new Set(["_tag", "name", "message", "stack", "cause"])

type Inspect = (value: unknown, options: unknown) => string

/** Makes `console.log` of a class's errors show what an `Error` shows, in place of its fields alone. */
export const printable = (errorClass: { readonly prototype: Error }): void => {
  Object.defineProperty(errorClass.prototype, inspect, {
    enumerable: false,
    value(this: Error, _depth: number, options: unknown, inspectValue: Inspect): string {
      const fields = Object.fromEntries(Object.entries(this).filter(([name]) => !told.has(name)))
      const [, ...frames] = (this.stack ?? "").split("\n    at ")
      const first = `${this.name}: ${this.message}`
      return `${[first, ...frames].join("\n    at ")} ${inspectValue(fields, options)}`
    },
  })
}

/** Sets a property that came from outside: `__proto__` becomes a property like any other, not the prototype. */
export const setField = (target: object, key: string, value: unknown): void => {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
    return
  }
  // The cast holds because every object that a reader makes takes properties of any name; `Reflect.set` costs tenfold.
  const fields = target as Record<string, unknown>
  fields[key] = value
}

/** Sets a property that came from outside: `__proto__` becomes a property like any other, not the prototype. */
export const setField = (fields: object, key: string, value: unknown): void => {
  if (key === "__proto__") {
    Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    Reflect.set(fields, key, value)
  }
}

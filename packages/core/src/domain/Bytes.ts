/**
 * What counts as bytes: a `Uint8Array`, of this realm or another (a `vm` context's, a test runner's), `Buffer` included.
 * `instanceof` would miss the second and take an object that only inherits from it.
 */

/** Whether a value is a `Uint8Array`, of whichever realm. */
export const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Reflect.get(value, Symbol.toStringTag) === "Uint8Array"

/** Says what keeps a value from being bytes that can be stored, or `undefined` where nothing does. */
export const problemOfBytes = (value: unknown): string | undefined => {
  if (!isBytes(value)) return "is a Uint8Array (a Buffer is one)"
  // Else it would read as empty.
  if (value.byteLength === 0 && value.buffer instanceof ArrayBuffer && value.buffer.detached) {
    return "is a view on a buffer that was transferred away"
  }
  return undefined
}

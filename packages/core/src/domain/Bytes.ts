/**
 * What counts as bytes: a `Uint8Array`, of this realm or another (a `vm` context's, a test runner's), `Buffer` included.
 * `instanceof` would miss the second and take an object that only inherits from it.
 */
import { types } from "node:util"

/** Whether a value is a `Uint8Array`, of whichever realm. */
export const isBytes = (value: unknown): value is Uint8Array => types.isUint8Array(value)

/** Whether a view lost its bytes with its buffer, which was transferred away or made too small. It reads as empty then. */
const isAdrift = (bytes: Uint8Array): boolean => {
  if (bytes.byteLength > 0) return false
  try {
    // The cheapest question that such a view does not answer.
    bytes.at(0)
    return false
  } catch {
    return true
  }
}

/** Says what keeps a value from being bytes that can be stored, or `undefined` where nothing does. */
export const problemOfBytes = (value: unknown): string | undefined => {
  if (!isBytes(value)) return "is a Uint8Array (a Buffer is one)"
  return isAdrift(value) ? "is a view on a buffer that was transferred away or made too small" : undefined
}

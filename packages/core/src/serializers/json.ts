/**
 * Plain JSON, as any language reads it.
 *
 * What JSON would lose is refused: `undefined`, NaN and infinities, bigints, functions, symbols, dates, maps, sets and
 * every other class, holes, cycles, and properties that are hidden. A negative zero is written as `-0.0`, so that it
 * comes back. Reading refuses numbers that a double can't hold, such as an integer beyond 2^53 from another language.
 */
import type { Serializer } from "../ports/Serializer.ts"
import { checkJson } from "./checkJson.ts"
import { decodeUtf8 } from "./decodeUtf8.ts"
import { refusePickle } from "./detect.ts"
import { SerializerProblem } from "./SerializerProblem.ts"
import { scanJson } from "./scanJson.ts"

const encoder = new TextEncoder()

/** Writes JSON values of up to 1,000 levels as UTF-8, and reads them. */
export const json: Serializer<unknown> = {
  name: "json",
  contentType: "application/json",
  serialize: (value) => encoder.encode(writeJson(value)),
  deserialize: (data) => readJson(data),
}

const writeJson = (value: unknown): string =>
  checkJson(value).hasNegativeZero ? JSON.stringify(value, keepNegativeZero) : JSON.stringify(value)

/** `JSON.rawJSON` (ES2026) is in every Node that this runs on, and not yet in TypeScript's library. */
const rawJSON: unknown = Reflect.get(JSON, "rawJSON")

const keepNegativeZero = (_key: string, value: unknown): unknown =>
  Object.is(value, -0) && typeof rawJSON === "function" ? rawJSON("-0.0") : value

const readJson = (data: Uint8Array): unknown => {
  refusePickle(data)
  const { hasSuspiciousNumber } = scanJson(data)
  const decoded = decodeUtf8(data)
  // JSON's own rule: a byte order mark in front may be passed over.
  const text = decoded.startsWith("\ufeff") ? decoded.slice(1) : decoded
  try {
    return hasSuspiciousNumber ? JSON.parse(text, refuseLostNumbers) : JSON.parse(text)
  } catch (thrown) {
    if (thrown instanceof SerializerProblem) throw thrown
    // The engine's own message quotes the text.
    const place = thrown instanceof SyntaxError ? / at position \d+/.exec(thrown.message) : null
    throw new SerializerProblem(`the bytes are not JSON${place === null ? "" : `: they go wrong${place[0]}`}`)
  }
}

/** The third argument of a reviver (ES2026): the literal as it is written. */
interface ReviverContext {
  readonly source?: string
}

function refuseLostNumbers(key: string, value: unknown, context?: ReviverContext): unknown {
  if (typeof value !== "number" || context?.source === undefined) return value
  if (Number.isFinite(value) && (!/^-?\d+$/.test(context.source) || isKept(context.source, value))) return value
  throw new SerializerProblem(
    `the number ${context.source.slice(0, 40)} at ${JSON.stringify(key.slice(0, 40))} is beyond what a double holds`,
  )
}

/** Whether a double keeps every digit of an integer; `JSON.stringify` writes 2^60 with zeros at the end. */
const isKept = (source: string, value: number): boolean => BigInt(source) === BigInt(value) || String(value) === source

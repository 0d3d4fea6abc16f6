import type { JsonObject } from "@framedb/core"
import { isDeeperThan } from "@framedb/routing"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Schema from "effect/Schema"
import { Refusal } from "../entries/Refusal.ts"

/** The longest body that is read: an entry with the most metadata and its copies, or 256 of the longest ids. */
export const maxBodyBytes = 2 * 1024 * 1024

/** The deepest nesting that is read: more than the entry with the deepest metadata has, and far from where the stack ends. */
const maxBodyDepth = 100

// What is not well-formed is refused: with a mark in its place, two ids would become one.
const decoder = new TextDecoder("utf-8", { fatal: true })

/** The JSON in a body, of nothing `{}`; `undefined` where it is none. */
const parse = (bytes: ArrayBuffer): unknown => {
  try {
    const text = decoder.decode(bytes)
    return text.trim() === "" ? {} : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Why a body is refused: the first problem, without the values. */
const problemOf = (error: Schema.SchemaError): string => error.message.split("\n").slice(0, 4).join(" ").slice(0, 300)

const tooLong = () => new Refusal({ status: 413, message: `a body has at most ${maxBodyBytes} bytes` })

/** Reads JSON bodies of one schema. An empty body is `{}`, since other clients send none where nothing is to be said. */
export const bodyReader = <A>(schema: Schema.ConstraintDecoder<A>) => {
  const decode = Schema.decodeUnknownEffect(schema)
  return Effect.fnUntraced(function* (request: HttpServerRequest): Effect.fn.Return<A, Refusal> {
    const length = Number(request.headers["content-length"] ?? 0)
    if (length > maxBodyBytes) return yield* tooLong()
    // What else can fail here is a body that is cut or, sent in chunks, longer than the limit.
    const body = parse(yield* Effect.mapError(request.arrayBuffer, tooLong))
    if (body === undefined) return yield* new Refusal({ status: 400, message: "the body is not JSON" })
    if (isDeeperThan(maxBodyDepth, body)) {
      return yield* new Refusal({ status: 400, message: `a body has at most ${maxBodyDepth} levels` })
    }
    return yield* Effect.mapError(decode(body), (error) => new Refusal({ status: 400, message: problemOf(error) }))
  })
}

/** Reads any JSON object. */
export const readJsonObject = bodyReader<JsonObject>(Schema.JsonObject)

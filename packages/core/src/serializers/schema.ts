import * as Schema from "effect/Schema"
import type { Serializer } from "../ports/Serializer.ts"
import { json } from "./json.ts"
import { SerializerProblem } from "./SerializerProblem.ts"

/**
 * Values of a schema as JSON: dates, bigints, options, maps and classes in it take their JSON forms and come back as they
 * were. A value that the schema does not describe, also one with a field more, is refused; reading ignores further
 * fields, so that a newer writer can add some.
 *
 * It is recorded as `json`: whoever reads without the schema gets the JSON form.
 */
export const schema = <T, E>(codec: Schema.Codec<T, E>): Serializer<T> => {
  const jsonCodec = Schema.toCodecJson(codec)
  const encode = Schema.encodeUnknownPromise(jsonCodec, { onExcessProperty: "error" })
  const decode = Schema.decodeUnknownPromise(jsonCodec)
  return {
    name: "json",
    contentType: "application/json",
    serialize: async (value) => json.serialize(await encode(value).catch(rethrow)),
    deserialize: async (data) => decode(await json.deserialize(data)).catch(rethrow),
  }
}

/** A schema's own error carries the value that it refused: only its words go on, which name the place. */
const rethrow = (thrown: unknown): never => {
  if (!Schema.isSchemaError(thrown)) throw thrown
  throw new SerializerProblem(thrown.message.replaceAll(/\s*\n\s*/g, " "))
}

import type { Serializer } from "../ports/Serializer.ts"
import { decodeUtf8 } from "./decodeUtf8.ts"
import { refusePickle } from "./detect.ts"
import { described } from "./plainValue.ts"
import { SerializerProblem } from "./SerializerProblem.ts"

const encoder = new TextEncoder()

/** Writes a string as UTF-8 and reads it, byte for byte; refuses what is not well-formed either way. */
export const text: Serializer<string> = {
  name: "text",
  contentType: "text/plain; charset=utf-8",
  serialize: (value) => {
    if (typeof value !== "string") throw new SerializerProblem(`$ is ${described(value)}, not a string`)
    if (!value.isWellFormed())
      throw new SerializerProblem("$ is not well-formed Unicode: it holds half of a surrogate pair")
    return encoder.encode(value)
  },
  deserialize: (data) => {
    refusePickle(data)
    return decodeUtf8(data)
  },
}

import { isBytes, problemOfBytes } from "../domain/Bytes.ts"
import type { Serializer } from "../ports/Serializer.ts"
import { described } from "./plainValue.ts"
import { SerializerProblem } from "./SerializerProblem.ts"

/** Bytes as they are. Nothing is copied; a `Buffer` comes back as a `Uint8Array`. */
export const bytes: Serializer<Uint8Array> = {
  name: "bytes",
  contentType: "application/octet-stream",
  serialize: (value) => {
    if (!isBytes(value)) throw new SerializerProblem(`$ is ${described(value)}, not a Uint8Array`)
    const problem = problemOfBytes(value)
    if (problem !== undefined) throw new SerializerProblem(`$ ${problem}`)
    return value
  },
  deserialize: (data) => data,
}

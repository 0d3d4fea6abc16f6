import type { Serializer } from "../ports/Serializer.ts"
import { described } from "./plainValue.ts"
import { SerializerProblem } from "./SerializerProblem.ts"

/** Bytes as they are. Nothing is copied; a `Buffer` comes back as a `Uint8Array`. */
export const bytes: Serializer<Uint8Array> = {
  name: "bytes",
  contentType: "application/octet-stream",
  serialize: (value) => {
    if (!(value instanceof Uint8Array)) throw new SerializerProblem(`$ is ${described(value)}, not a Uint8Array`)
    return value
  },
  deserialize: (data) => data,
}

import { SerializerProblem } from "./SerializerProblem.ts"

// A byte order mark is kept: it is part of the text.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Reads UTF-8, a byte order mark too, or throws where the bytes are not well-formed. */
export const decodeUtf8 = (data: Uint8Array): string => {
  try {
    return decoder.decode(data)
  } catch {
    throw new SerializerProblem("the bytes are not well-formed UTF-8")
  }
}

/**
 * JSON documents that show when a byte of them was changed: their first field, `seal`, is the SHA-256 of the whole text
 * with the seal's own 64 digits replaced by zeros. FORMAT.md shows how to check one by hand.
 */
import { sha256 } from "./digest.ts"

const zeros = "0".repeat(64)
const unsealed = `{"seal":"${zeros}"`
const sealed = /^\{"seal":"([0-9a-f]{64})"/

/** Every character beyond printable ASCII, and `%`, which header lines and their encodings would change. */
const notPlain = /[^\x20-\x7e]|%/gu

const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("")

/** Puts the seal on a text that begins with an empty one. */
const sealText = (text: string): string => text.replace(zeros, sha256(text))

/** JSON of an object on one line, in printable ASCII, beginning with its seal. */
export const sealJson = (document: object): string => sealText(asciiJson({ seal: zeros, ...document }))

/** JSON on one line, in printable ASCII. */
export const asciiJson = (document: object): string => JSON.stringify(document).replace(notPlain, escapeUnits)

/** The UTF-8 of lines of JSON: a header that carries the seal of all of them, then one line each. */
export const sealLines = (header: object, lines: ReadonlyArray<string>): Uint8Array<ArrayBuffer> => {
  const bytes = Buffer.from([JSON.stringify({ seal: zeros, ...header }), ...lines, ""].join("\n"))
  // Written in its place, since these are megabytes, which a text would be copied for.
  bytes.write(sha256(bytes), unsealed.indexOf(zeros), "latin1")
  return bytes
}

/** Whether a text is exactly as it was sealed. */
export const isSealed = (text: string): boolean => {
  const seal = sealed.exec(text)?.[1]
  return seal !== undefined && sha256(unsealed + text.slice(unsealed.length)) === seal
}

import { maxDepth, SerializerProblem } from "./SerializerProblem.ts"

const quote = 0x22
const backslash = 0x5c
const point = 0x2e
const minus = 0x2d
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** So many digits before the point may be more than a double holds: 2^53 has 16. */
const suspiciousDigits = 16

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39

/**
 * Looks over JSON before it is parsed, in one pass without allocating: throws where it is nested deeper than
 * `maxDepth`, and says whether it holds a number that a double may not.
 */
export const scanJson = (data: Uint8Array): { readonly hasSuspiciousNumber: boolean } => {
  let depth = 0
  let hasSuspiciousNumber = false
  for (let index = 0; index < data.length; index++) {
    const byte = data[index]
    if (byte === quote) {
      index = endOfString(data, index + 1)
    } else if (isDigit(byte)) {
      const start = index
      while (isDigit(data[index + 1])) index++
      // Digits behind a point are rounded like anywhere else; `1e999` is an infinity in few digits, `1e-9` is not.
      const isInteger = data[start - 1] !== point
      if (isInteger && index - start + 1 >= suspiciousDigits) hasSuspiciousNumber = true
      if (isExponent(data[index + 1]) && data[index + 2] !== minus) hasSuspiciousNumber = true
    } else if (byte === openBracket || byte === openBrace) {
      depth++
      if (depth > maxDepth) throw new SerializerProblem(`the JSON is nested deeper than ${maxDepth} levels`)
    } else if (byte === closeBracket || byte === closeBrace) {
      depth--
    }
  }
  return { hasSuspiciousNumber }
}

const isExponent = (byte: number | undefined): boolean => byte === 0x65 || byte === 0x45

/** The index of the quote that ends a string, or the end of the data. */
const endOfString = (data: Uint8Array, start: number): number => {
  let end = data.indexOf(quote, start)
  while (end !== -1) {
    let escapes = 0
    while (data[end - 1 - escapes] === backslash) escapes++
    // An even number of backslashes escape each other.
    if (escapes % 2 === 0) return end
    end = data.indexOf(quote, end + 1)
  }
  return data.length
}

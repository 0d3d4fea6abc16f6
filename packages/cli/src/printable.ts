/**
 * Text of others on a terminal. Keys, metadata, messages and what servers say can hold characters that a terminal obeys: that
 * move its cursor, set its title, hide what follows or turn its direction.
 */

/** Controls, and the marks that change the direction of what follows. */
const obeyed = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" }

const written = (character: string): string =>
  short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Writes what a terminal would obey as JSON does, such as `\u001b`: a JSON document in it stays the same document. */
export const printable = (text: string): string => text.replaceAll(obeyed, written)

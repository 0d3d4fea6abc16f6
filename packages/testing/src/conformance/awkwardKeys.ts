/** Keys that drivers, collations, globs, paths and templates have been seen to change or to merge. */
import { randomUUID } from "node:crypto"
import type { ObjectKey } from "@framedb/core"
import { asKey } from "./uniqueKey.ts"

/** Endings that are put after a unique beginning. Within a group, folding or normalising would merge them. */
const endings: Readonly<Record<string, ReadonlyArray<string>>> = {
  case: ["Case", "case", "CASE", "ß", "ss", "SS", "ı", "i", "İ", "I"],
  accents: ["\u00e9", "e\u0301", "e", "\u212b", "\u00c5", "A\u030a", "\ufb01", "fi"],
  spaces: ["", " ", "  ", "\t", "\u00a0", "\u200b", "\u3000", "\n", "\r\n", "\r"],
  controls: ["\0", "a\0", "a\0b", "\u0001", "\u007f", "\u001a", "\ufeff", "\ufffd", "\uffff"],
  quotes: ["'", '"', "`", "\\", "\\\\", "\\'", "''", "';--", "$x", "$1", "?", "??", "%s", ":name"],
  paths: ["/", "a/b", "a//b", "../x", "./x", ".", "..", "%2F", "%41", "A", "?#", "#", "&=+", "a b", "a+b", "a%20b"],
  braces: ["{x}", "{x}y", "{}", "}{", "[x]", "*", "x*", "_", "%", "a_b", "axb"],
  emoji: ["😀", "😁", "👩‍👩‍👧", "👩👩👧", "🇩🇪", "🀄\ufe0f", "🀄", "𠮷", "吉"],
  names: ["__proto__", "constructor", "toString", "undefined", "null", "NaN", "true", "0", "00", "1e0", "1", "-0"],
}

/** Groups of keys, each group with a beginning of its own. */
export const awkwardKeys = (): ReadonlyArray<{ readonly group: string; readonly keys: ReadonlyArray<ObjectKey> }> =>
  Object.entries(endings).map(([group, texts]) => {
    const beginning = randomUUID()
    return { group, keys: texts.map((text) => asKey(`${beginning}${text}`)) }
  })

/** A unique key of exactly so many characters, each of which takes four bytes of UTF-8: at most 255. */
export const widestKey = (characters: number): ObjectKey => {
  const digits = randomUUID().replaceAll("-", "")
  const wide = Array.from(digits, (digit) => String.fromCodePoint(0x1f600 + Number.parseInt(digit, 16)))
  return asKey(wide.join("").concat("𠮷".repeat(characters - wide.length)))
}

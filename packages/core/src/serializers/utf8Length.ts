/** Texts up to this long are looked at unit by unit while they are ASCII, which costs less than a call of the engine. */
export const shortTextUnits = 24

/** How many bytes of UTF-8 a text takes; `undefined` where it is not well-formed and has no UTF-8. */
export const utf8Length = (text: string): number | undefined => {
  if (text.length <= shortTextUnits && isAscii(text)) return text.length
  return text.isWellFormed() ? Buffer.byteLength(text) : undefined
}

const isAscii = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x80) return false
  return true
}

/**
 * How long the engine takes to read a regular expression, before it is ever used.
 *
 * Without the flags `u` and `v` that is as quick as reading anything else. With them, a range of characters takes up to 20 µs
 * where case is ignored, and a property of characters, such as `\p{RGI_Emoji}`, up to a millisecond: a stranger's megabyte
 * could hold a process for more than a minute.
 */

/** What a property counts as, in characters of source. */
const propertyCost = 256

/** The most that the expressions of one value may cost together: less than a second, and a thousand properties. */
export const maxRegExpCost = 1024 * propertyCost

/** What an expression costs, in characters of source that take about as long. */
export const regExpCost = (source: string, flags: string): number => {
  if (!/[uv]/.test(flags)) return 0
  const properties = source.match(/\\p/gi)?.length ?? 0
  return source.length + properties * propertyCost
}

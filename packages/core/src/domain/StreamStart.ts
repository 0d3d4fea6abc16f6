/**
 * Where reading a queue begins: with the oldest message that is there, with the first that comes after now, or with
 * the first after a message whose id is known.
 */
export type StreamStart = "beginning" | "now" | { readonly after: string }

/** Message ids, as Redis Streams write them. The bounds are those of two unsigned 64-bit numbers. */
const messageId = /^\d{1,20}(-\d{1,20})?$/

/** Says what is wrong with a start, or `undefined` where nothing is. */
export const problemOfStreamStart = (start: unknown): string | undefined => {
  if (start === "beginning" || start === "now") return undefined
  if (typeof start === "object" && start !== null && "after" in start) {
    const { after } = start
    if (typeof after === "string" && messageId.test(after)) return undefined
    return "`after` is a message id, such as 1731234567890-0"
  }
  return 'a start is "beginning", "now" or { after: id }'
}

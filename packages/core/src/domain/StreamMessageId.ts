/** Message ids are two numbers of up to 64 bits, more than a JavaScript number holds exactly, so they are compared as text. */
const compareNumbers = (left: string, right: string): number =>
  left.length === right.length ? (left < right ? -1 : left > right ? 1 : 0) : left.length - right.length

/** The order of two ids in their queue: negative, zero or positive. */
export const compareMessageIds = (left: string, right: string): number => {
  const [leftMillis = "", leftSequence = "0"] = left.split("-")
  const [rightMillis = "", rightSequence = "0"] = right.split("-")
  return compareNumbers(leftMillis, rightMillis) || compareNumbers(leftSequence, rightSequence)
}

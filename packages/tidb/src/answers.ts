/** What the driver answers, decoded once. */
import type { ReplyBytes } from "@framedb/core"

/** A row as a list of columns. */
export type Row = ReadonlyArray<unknown>

/** The rows of a SELECT. Throws where the answer has none, which only another kind of server can bring about. */
export const rowsOf = (answer: unknown): ReadonlyArray<Row> => {
  if (!Array.isArray(answer)) throw new TypeError("the server answered a SELECT without rows")
  return answer
}

/** How many rows a write found (changed or not). Throws where the answer doesn't say. */
export const foundRowsOf = (answer: unknown): number => {
  if (typeof answer === "object" && answer !== null && "affectedRows" in answer) {
    if (typeof answer.affectedRows === "number") return answer.affectedRows
  }
  throw new TypeError("the server did not say how many rows a write found")
}

/** A column that holds text; a binary column's bytes are read as UTF-8. */
export const textOf = (cell: unknown): string => {
  if (typeof cell === "string") return cell
  if (Buffer.isBuffer(cell)) return cell.toString("utf8")
  throw new TypeError("the server answered a text column with something else")
}

/** A column that holds bytes, as `replies` gives them or else copied out of the packet; `undefined` for NULL. */
export const bytesOf = (cell: unknown, replies?: ReplyBytes): Uint8Array<ArrayBuffer> | undefined => {
  if (cell === null || cell === undefined) return undefined
  if (!(cell instanceof Uint8Array)) throw new TypeError("the server answered a binary column with something else")
  return replies === undefined ? new Uint8Array(cell) : replies.of(cell)
}

/** A column that holds a number; `undefined` for NULL. */
export const numberOf = (cell: unknown): number | undefined => {
  if (cell === null || cell === undefined) return undefined
  const value = Number(cell)
  if (!Number.isSafeInteger(value)) throw new TypeError("the server answered a number that is none")
  return value
}

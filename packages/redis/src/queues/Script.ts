import { createHash } from "node:crypto"

/** A Lua script that the server runs in one step. */
export interface Script {
  readonly source: string
  /** The digest under which the server remembers the script. */
  readonly sha1: string
  /** How many of the arguments are keys; they come first. */
  readonly keyCount: number
}

/** Puts a script together from its parts. */
export const script = (keyCount: number, ...parts: ReadonlyArray<string>): Script => {
  const source = parts.join("\n")
  return { source, keyCount, sha1: createHash("sha1").update(source).digest("hex") }
}

import { createHash } from "node:crypto"
import { replyCode } from "../classify.ts"
import type { Driver } from "../driver.ts"

/** A Lua script that the server runs in one step. */
export interface Script {
  readonly source: string
  /** The name under which the server remembers it. */
  readonly sha1: string
}

/** Names a script. */
export const script = (source: string): Script => ({ source, sha1: createHash("sha1").update(source).digest("hex") })

/** Runs a script on keys that share a slot, sending it whole where the server doesn't know it (any more). */
export const runScript = (
  driver: Driver,
  { source, sha1 }: Script,
  keys: ReadonlyArray<string>,
  parameters: ReadonlyArray<string | number | Buffer> = [],
): Promise<unknown> =>
  driver.evalsha(sha1, keys.length, ...keys, ...parameters).catch((thrown: unknown) => {
    if (replyCode(thrown) === "NOSCRIPT") return driver.eval(source, keys.length, ...keys, ...parameters)
    throw thrown
  })

import { createHash } from "node:crypto"
import { replyCode } from "../classify.ts"
import type { Driver } from "../driver.ts"

/** A key of another type answers with an error table, which equals nothing. */
const script = `local stored = redis.pcall("get", KEYS[1])
if stored == ARGV[1] then return redis.call("del", KEYS[1]) end
return 0`

const digest = createHash("sha1").update(script).digest("hex")

/** Deletes a value while it is exactly `data`: one script, so nothing comes between looking and deleting. */
export const deleteIfEqual = async (driver: Driver, key: string, data: Buffer): Promise<boolean> => {
  const deleted = await driver.evalsha(digest, 1, key, data).catch((thrown: unknown) => {
    // The server forgets scripts when it restarts.
    if (replyCode(thrown) === "NOSCRIPT") return driver.eval(script, 1, key, data)
    throw thrown
  })
  return deleted === 1
}

import type { BackendError } from "@framedb/core"
import type * as Effect from "effect/Effect"
import { replyCode } from "../classify.ts"
import type { Driver } from "../driver.ts"
import type { Operation } from "../failure.ts"
import type { RedisClient } from "../RedisClient.ts"
import type { Script } from "./Script.ts"

/** What the driver can send. */
export type Argument = string | number | Buffer

/** Sends a script, whose text goes along where the server does not know it (any more). */
export const sendScript = (
  driver: Driver,
  { sha1, source, keyCount }: Script,
  parameters: ReadonlyArray<Argument>,
): Promise<unknown> =>
  driver.callBuffer("EVALSHA", [sha1, keyCount, ...parameters]).catch((thrown: unknown) => {
    if (replyCode(thrown) === "NOSCRIPT") return driver.callBuffer("EVAL", [source, keyCount, ...parameters])
    throw thrown
  })

/** Runs a script; see `sendScript`. Texts in the answer are Buffers. */
export const runScript = (
  client: RedisClient,
  operation: Operation,
  script: Script,
  parameters: ReadonlyArray<Argument>,
): Effect.Effect<unknown, BackendError> => client.run(operation, (driver) => sendScript(driver, script, parameters))

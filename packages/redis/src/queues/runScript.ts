import type { BackendError } from "@framedb/core"
import type * as Effect from "effect/Effect"
import { replyCode } from "../classify.ts"
import type { Operation } from "../failure.ts"
import type { RedisClient } from "../RedisClient.ts"
import type { Script } from "./Script.ts"

/** What the driver can send. */
export type Argument = string | number | Buffer

/** Runs a script, which the server is sent when it does not know it (any more). Texts in the answer are Buffers. */
export const runScript = (
  client: RedisClient,
  operation: Operation,
  { sha1, source, keyCount }: Script,
  parameters: ReadonlyArray<Argument>,
): Effect.Effect<unknown, BackendError> =>
  client.run(operation, (driver) =>
    driver.callBuffer("EVALSHA", [sha1, keyCount, ...parameters]).catch((thrown: unknown) => {
      if (replyCode(thrown) === "NOSCRIPT") return driver.callBuffer("EVAL", [source, keyCount, ...parameters])
      throw thrown
    }),
  )

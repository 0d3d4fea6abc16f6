import { readFile } from "node:fs/promises"
import { InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { RedisTlsOptions } from "./RedisOptions.ts"

const readPem = (name: string, value: string): Effect.Effect<string, InvalidArgument> => {
  if (value.includes("-----BEGIN ")) return Effect.succeed(value)
  return Effect.tryPromise({
    try: () => readFile(value, "utf8"),
    // What was given may be a key that lost its first line, so it is not shown.
    catch: () =>
      new InvalidArgument({
        argument: `tls.${name}`,
        message: "neither PEM text nor the path of a file that can be read",
      }),
  })
}

/** Puts the texts of files in the place of their paths. Read whenever an instance is opened, so that they may change. */
export const readPemFiles = Effect.fnUntraced(function* (tls: RedisTlsOptions) {
  const { ca, cert, key, ...rest } = tls
  const read: RedisTlsOptions = {
    ...rest,
    ...(ca === undefined ? {} : { ca: yield* readPem("ca", ca) }),
    ...(cert === undefined ? {} : { cert: yield* readPem("cert", cert) }),
    ...(key === undefined ? {} : { key: Redacted.make(yield* readPem("key", Redacted.value(key))) }),
  }
  return read
})

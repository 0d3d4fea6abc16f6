/**
 * The servers that all live tests share, so that a run starts each kind once. A test that breaks a server starts one of
 * its own instead.
 *
 * | server | taken from the environment | else |
 * | --- | --- | --- |
 * | `redisUrl` | `FRAMEDB_TEST_REDIS_URL` | a private Redis |
 * | `sqlUrl` | `FRAMEDB_TEST_SQL_URL` | a private SQL server |
 *
 * A server from the environment has to allow everything that tests do; they make ids of their own and do not flush.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as RedisServer from "./RedisServer.ts"
import type { ServerError } from "./ServerError.ts"
import * as SqlServer from "./SqlServer.ts"

/** Where the shared servers are. */
export interface SharedServers {
  /** As `redis://…`. */
  readonly redisUrl: string
  /** As `mysql://…`, with the database. */
  readonly sqlUrl: string
}

const fromEnvironmentOr = Effect.fnUntraced(function* (
  variable: string,
  start: Effect.Effect<{ readonly url: string }, ServerError, Scope.Scope>,
) {
  const given = yield* Config.option(Config.String(variable))
  if (Option.isSome(given) && given.value !== "") return given.value
  return (yield* start).url
})

/** Takes each shared server from the environment, or starts it. */
export const sharedServers = Effect.all(
  {
    redisUrl: fromEnvironmentOr("FRAMEDB_TEST_REDIS_URL", RedisServer.make()),
    sqlUrl: fromEnvironmentOr("FRAMEDB_TEST_SQL_URL", SqlServer.make()),
  },
  { concurrency: "unbounded" },
)

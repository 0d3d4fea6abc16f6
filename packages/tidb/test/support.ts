/** What the live tests share: opening the backend, and talking to a server as somebody else would. */
import { randomUUID } from "node:crypto"
import type { FramedbId, Instance, ObjectKey, TiDBConnection } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { createConnection } from "mysql2/promise"
import { make } from "../src/TiDBLive.ts"
import type { TiDBOptions } from "../src/TiDBOptions.ts"

/** An instance as the registry would describe it. */
export const instanceAt = (url: string): Instance => ({
  // Holds because any text without control characters is an id.
  framedbId: "sql-under-test" as FramedbId,
  kind: "sql",
  url: Redacted.make(url),
  clusterId: undefined,
  metadata: {},
})

/** A key; the texts in these tests are all valid ones. */
export const key = (text: string): ObjectKey => text as ObjectKey

/** A text in bytes. */
export const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** Opens the backend on a URL. */
export const open = (url: string, options: TiDBOptions = {}) => make(options).open(instanceAt(url))

/** Opens the backend for the time of an effect. */
export const withStore = <A, E>(
  url: string,
  use: (connection: TiDBConnection) => Effect.Effect<A, E, Scope.Scope>,
  options: TiDBOptions = {},
) => Effect.scoped(Effect.flatMap(open(url, options), use))

/** Runs statements as another client does, and answers the rows of the last one. */
export const sql = (url: string, ...statements: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const connection = await createConnection({ uri: url, connectTimeout: 5000 })
    connection.on("error", () => {})
    try {
      let rows: unknown
      for (const statement of statements) [rows] = await connection.query({ sql: statement, timeout: 10_000 })
      // Holds because the tests only look at what a SELECT answers.
      return rows as ReadonlyArray<Record<string, unknown>>
    } finally {
      connection.destroy()
    }
  })

/** A database of its own on the shared server, so that its table can be what a test needs. */
export const freshDatabase = Effect.fnUntraced(function* (url: string, ...statements: ReadonlyArray<string>) {
  const name = `t_${randomUUID().replaceAll("-", "")}`
  yield* sql(url, `CREATE DATABASE ${name}`)
  yield* Effect.addFinalizer(() => sql(url, `DROP DATABASE IF EXISTS ${name}`))
  const own = new URL(url)
  own.pathname = `/${name}`
  yield* sql(own.href, "SELECT 1", ...statements)
  return own.href
})

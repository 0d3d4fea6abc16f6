/** What happens when the server hangs, dies, comes back, or is too busy: on a private server that these tests break. */
import { assert, layer } from "@effect/vitest"
import type { BackendError, InvalidArgument } from "@framedb/core"
import { SqlServer } from "@framedb/testing"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { createConnection } from "mysql2/promise"
import type { TiDBOptions } from "../src/TiDBOptions.ts"
import { bytes, freshDatabase, key, open, sql } from "./support.ts"

const quick = { statementTimeoutMillis: 1500, acquireTimeoutMillis: 600, connectTimeoutMillis: 800 }

const reasonOf = (error: BackendError | InvalidArgument): string =>
  error._tag === "BackendError" ? error.reason._tag : error._tag

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([duration, value]) => ({ value, millis: Duration.toMillis(duration) }))

/** Holds a row's lock as another client until the scope closes. */
const lockRow = (url: string, name: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const other = await createConnection({ uri: url })
      other.on("error", () => {})
      await other.query("BEGIN")
      await other.query("SELECT 1 FROM data_table WHERE `key` = ? FOR UPDATE", [name])
      return other
    }),
    (other) => Effect.sync(() => other.destroy()),
  )

/** A store whose writes are transactions, in a database of its own. */
const openFolding = Effect.fnUntraced(function* (url: string, options: TiDBOptions = {}) {
  const table = "CREATE TABLE data_table (`key` VARCHAR(255) COLLATE utf8mb4_general_ci PRIMARY KEY, data LONGBLOB)"
  return yield* open(yield* freshDatabase(url, table), options)
})

const sockets = () => process.getActiveResourcesInfo().filter((name) => name.includes("TCP")).length

layer(SqlServer.layer({ args: ["--max-connections=40"] }), { excludeTestServices: true, timeout: "60 seconds" })(
  "a SQL server in trouble",
  (it) => {
    it.effect("that hangs: every call ends as Timeout within its deadline, and goes on when the server does", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const connection = yield* open(server.url, { ...quick, maxConnections: 2 })
          const entry = { key: key("hang"), data: bytes("v") }
          yield* connection.objects.setMany([entry])
          // One connection waits for the row, so that the ping is answered on the other.
          yield* Effect.scoped(
            Effect.gen(function* () {
              const held = yield* lockRow(server.url, entry.key)
              const write = yield* Effect.forkChild(connection.objects.setMany([entry]))
              yield* Effect.sleep("20 millis")
              yield* connection.ping
              yield* Effect.promise(() => held.query("ROLLBACK"))
              yield* Fiber.join(write)
            }),
          )
          yield* server.pause
          const calls = [
            connection.objects.getMany([entry.key]),
            connection.objects.setMany([entry]),
            connection.objects.deleteMany([entry.key]),
            connection.ping,
          ]
          const failing = Effect.forEach(calls, (call) => Effect.flip(call), { concurrency: "unbounded" })
          const { value: errors, millis } = yield* timed(failing)
          yield* server.resume
          for (const error of errors) assert.strictEqual(reasonOf(error), "Timeout")
          // Two connections took the first two calls; the others were never sent.
          const applied = errors.map((error) => error._tag === "BackendError" && error.maybeApplied)
          assert.deepStrictEqual(applied, [false, true, false, false])
          assert.isBelow(millis, 2500)
          assert.deepStrictEqual(yield* connection.objects.getMany([entry.key]), [Option.some(entry.data)])
        }),
      ),
    )

    it.effect("that hangs before it is opened: open fails as Timeout within its deadline", () =>
      Effect.gen(function* () {
        const server = yield* SqlServer.SqlServer
        yield* server.pause
        const { value: error, millis } = yield* timed(Effect.flip(Effect.scoped(open(server.url, quick))))
        yield* server.resume
        assert.strictEqual(reasonOf(error), "Timeout")
        assert.isBelow(millis, 2000)
      }),
    )

    it.effect("that is killed in the middle of writes: what was acknowledged is there, what was refused is not", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const { objects, ping } = yield* open(server.url, quick)
          const outcomes = new Map<number, "acknowledged" | "refused" | "unknown">()
          const write = Effect.fnUntraced(function* (index: number) {
            const entries = [0, 1].map((part) => ({ key: key(`kill-${index}-${part}`), data: bytes(`${index}`) }))
            const outcome = yield* Effect.result(objects.setMany(entries))
            if (outcome._tag === "Success") return outcomes.set(index, "acknowledged")
            if (outcome.failure._tag !== "BackendError") return yield* outcome.failure
            assert.include(["Unavailable", "Timeout"], outcome.failure.reason._tag)
            return outcomes.set(index, outcome.failure.maybeApplied ? "unknown" : "refused")
          })
          const indices = Array.from({ length: 3000 }, (_, index) => index)
          const writer = yield* Effect.forkChild(Effect.forEach(indices, write, { concurrency: 32, discard: true }))
          yield* Effect.sleep("150 millis")
          yield* server.kill
          yield* Fiber.join(writer)
          assert.strictEqual(reasonOf(yield* Effect.flip(ping)), "Unavailable")
          yield* server.restart
          // The same connection, with nobody's help.
          yield* ping
          assert.isAbove([...outcomes.values()].filter((it) => it === "acknowledged").length, 10)
          assert.isAbove([...outcomes.values()].filter((it) => it === "refused").length, 10)
          for (const [index, outcome] of outcomes) {
            const found = yield* objects.getMany([key(`kill-${index}-0`), key(`kill-${index}-1`)])
            const there = found.filter(Option.isSome).length
            if (outcome === "acknowledged") assert.strictEqual(there, 2)
            if (outcome === "refused") assert.strictEqual(there, 0)
            // Whole or not at all.
            if (outcome === "unknown") assert.include([0, 2], there)
          }
        }),
      ),
    )

    it.effect("that closes idle connections: the next call is served", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const { ping } = yield* open(server.url, quick)
          yield* Effect.all([ping, ping, ping], { concurrency: "unbounded" })
          yield* server.restart
          yield* ping
        }),
      ),
    )

    it.effect("whose row is locked: the write is Overloaded, was not applied, and costs no connection", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const { objects } = yield* open(server.url, { statementTimeoutMillis: 2900, maxConnections: 1 })
          const entry = { key: key("locked"), data: bytes("v") }
          yield* objects.setMany([entry])
          const threads = sql(server.url, "SHOW GLOBAL STATUS LIKE 'Connections'")
          const [before] = yield* threads
          yield* lockRow(server.url, entry.key)
          const error = yield* Effect.flip(objects.setMany([{ ...entry, data: bytes("w") }]))
          assert.strictEqual(reasonOf(error), "Overloaded")
          assert.isFalse(error._tag === "BackendError" && error.maybeApplied)
          assert.deepStrictEqual(yield* objects.getMany([entry.key]), [Option.some(entry.data)])
          const [after] = yield* threads
          // The locking client and the second question; none of ours.
          assert.strictEqual(Number(after?.["Value"]) - Number(before?.["Value"]), 2)
        }),
      ),
    )

    it.effect("while all connections are busy: a call waits for its bound and no longer, and a full line refuses", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const bounds = { statementTimeoutMillis: 4000, acquireTimeoutMillis: 400, maxConnections: 1, maxWaiting: 2 }
          const { objects, ping } = yield* open(server.url, bounds)
          const entry = { key: key("busy"), data: bytes("v") }
          yield* objects.setMany([entry])
          const other = yield* lockRow(server.url, entry.key)
          const writer = yield* Effect.forkChild(objects.setMany([entry]))
          yield* Effect.sleep("50 millis")
          const { value: errors, millis } = yield* timed(
            Effect.forEach([ping, ping, ping], (call) => Effect.flip(call), { concurrency: "unbounded" }),
          )
          assert.deepStrictEqual(errors.map(reasonOf), ["Timeout", "Timeout", "Overloaded"])
          assert.isBelow(millis, 1000)
          const waiting = yield* Effect.forkChild(ping)
          yield* Effect.sleep("20 millis")
          yield* Fiber.interrupt(waiting)
          yield* Effect.promise(() => other.query("COMMIT"))
          yield* Fiber.join(writer)
          yield* ping
        }),
      ),
    )

    it.effect("an interrupted write gives its connection back", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const { objects, ping } = yield* open(server.url, { statementTimeoutMillis: 3000, maxConnections: 1 })
          const entry = { key: key("interrupted"), data: bytes("v") }
          yield* objects.setMany([entry])
          for (const write of [objects.setMany([entry]), objects.replaceMany([entry, { ...entry, key: key("no") }])]) {
            const other = yield* lockRow(server.url, entry.key)
            const writer = yield* Effect.forkChild(write)
            yield* Effect.sleep("50 millis")
            yield* Fiber.interrupt(writer)
            yield* Effect.promise(() => other.query("COMMIT"))
            yield* ping
          }
        }),
      ),
    )

    it.effect("calls interrupted at any moment lose no connection", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const options = { maxConnections: 3, acquireTimeoutMillis: 2000 }
          const { objects } = yield* open(server.url, options)
          const folding = yield* openFolding(server.url, options)
          const entries = ["a", "b", "c"].map((name) => ({ key: key(`any-${name}`), data: bytes("v") }))
          const calls = [
            objects.setMany(entries),
            objects.getMany(entries.map((it) => it.key)),
            folding.objects.setMany(entries),
            folding.objects.replaceMany(entries),
            folding.ping,
          ]
          const interrupted = Effect.fnUntraced(function* (index: number) {
            const call = calls[index % calls.length] ?? Effect.void
            const fiber = yield* Effect.forkChild(Effect.result(call))
            // From before the first statement to after the last one.
            yield* Effect.sleep(`${(index % 23) * 100} micros`)
            yield* Fiber.interrupt(fiber)
          })
          yield* Effect.forEach(
            Array.from({ length: 600 }, (_, index) => index),
            interrupted,
            { concurrency: 20 },
          )
          for (const ping of [objects.getMany([key("any-a")]), folding.ping]) {
            yield* Effect.all([ping, ping, ping], { concurrency: "unbounded" })
          }
          const [row] = yield* sql(server.url, "SHOW STATUS LIKE 'Threads_connected'")
          // Three of each pool, the question's own, and what the server has not yet noticed to be gone.
          assert.isAtMost(Number(row?.["Value"]), 12)
        }),
      ),
    )

    it.effect("that has no connection left for more: calls are served by those there are", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const { ping } = yield* open(server.url, { maxConnections: 100 })
          yield* Effect.all(
            Array.from({ length: 200 }, () => ping),
            { concurrency: "unbounded", discard: true },
          )
        }),
      ),
    )

    it.effect("holds few prepared statements, whatever the sizes of the batches", () =>
      Effect.scoped(
        Effect.gen(function* () {
          const server = yield* SqlServer.SqlServer
          const { objects } = yield* open(server.url, { maxConnections: 2, maxPreparedStatements: 20 })
          for (let size = 1; size <= 64; size++) {
            const entries = Array.from({ length: size }, (_, index) => ({ key: key(`p${index}`), data: bytes("v") }))
            const keys = entries.map((it) => it.key)
            yield* objects.setMany(entries)
            yield* objects.replaceMany(entries)
            assert.strictEqual((yield* objects.getMany(keys)).filter(Option.isSome).length, size)
            yield* objects.sizeMany(keys)
            assert.deepStrictEqual(
              yield* objects.deleteMany(keys),
              keys.map(() => true),
            )
          }
          const [row] = yield* sql(server.url, "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'")
          assert.isAtMost(Number(row?.["Value"]), 40)
        }),
      ),
    )

    it.effect("leaves no socket when its scope closes, nor when open fails", () =>
      Effect.gen(function* () {
        const server = yield* SqlServer.SqlServer
        // Those of the tests before this one are still on their way out.
        yield* Effect.sleep("100 millis")
        const before = sockets()
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { ping } = yield* open(server.url)
            yield* Effect.all([ping, ping, ping, ping], { concurrency: "unbounded" })
            assert.isAbove(sockets(), before)
          }),
        )
        const wrong = new URL(server.url)
        wrong.username = "nobody"
        yield* Effect.flip(Effect.scoped(open(wrong.href)))
        yield* Effect.sleep("50 millis")
        assert.strictEqual(sockets(), before)
      }),
    )

    it.effect("refuses every call once its scope has closed", () =>
      Effect.gen(function* () {
        const server = yield* SqlServer.SqlServer
        const { objects } = yield* Effect.scoped(open(server.url))
        const entry = { key: key("late"), data: bytes("v") }
        const error = yield* Effect.flip(objects.setMany([entry]))
        assert.strictEqual(reasonOf(error), "Unavailable")
        assert.isFalse(error._tag === "BackendError" && error.maybeApplied)
        // What is a transaction, too.
        const locking = yield* openFolding(server.url).pipe(Effect.scoped)
        assert.strictEqual(reasonOf(yield* Effect.flip(locking.objects.setMany([entry]))), "Unavailable")
      }),
    )
  },
)

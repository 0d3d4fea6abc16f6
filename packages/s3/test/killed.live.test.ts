import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { it } from "@effect/vitest"
import { Backups, Bulk, type RestoredObject } from "@framedb/core"
import { S3ObjectStorage } from "@framedb/s3"
import { type S3Server, startS3Server } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { describe, expect } from "vitest"
import { isAsItWas, keysOf } from "./objects.ts"

/** What `backupProcess.ts` has under way at once. */
const putsInFlight = 8

const script = fileURLToPath(new URL("./backupProcess.ts", import.meta.url))

/** `FRAMEDB_DRILL_OBJECTS=10000` makes it the whole drill, which takes some minutes. */
const count = Number(process.env["FRAMEDB_DRILL_OBJECTS"] ?? 1_000)
const timeoutMillis = 60_000 * Math.max(1, count / 1_000)

const startBackup = (server: S3Server, set: ReadonlyArray<string>): ChildProcess =>
  spawn(process.execPath, [script, server.endpoint, String(count), ...set], { stdio: ["ignore", "pipe", "inherit"] })

const storedOf = (server: S3Server): number => server.store.bucket("backups").size

/**
 * Kills a backup when so many objects are stored. After `answered` puts none gets an answer, so that it can't have come to
 * its end by then.
 */
const kill = (server: S3Server, set: ReadonlyArray<string>, { answered = 0, stored = 0 }) =>
  Effect.gen(function* () {
    const fault = { kind: "silence" } as const
    server.faults.inject({ fault, operation: "PutObject", after: answered, times: Number.MAX_SAFE_INTEGER })
    const child = startBackup(server, set)
    while (storedOf(server) < stored && child.exitCode === null) yield* Effect.sleep(1)
    child.kill("SIGKILL")
    if (child.exitCode === null && child.signalCode === null) yield* Effect.promise(() => once(child, "exit"))
    expect(child.signalCode).toBe("SIGKILL")
    server.faults.clear()
  })

const finish = (server: S3Server, set: ReadonlyArray<string>) =>
  Effect.promise(async (): Promise<{ succeeded: number; skipped: number; failed: number }> => {
    const child = startBackup(server, set)
    const [printed] = await Promise.all([child.stdout === null ? "{}" : text(child.stdout), once(child, "exit")])
    return JSON.parse(printed)
  })

/** A sink that only looks. */
const makeJudge = () => {
  const seen = new Set<string>()
  const wrong: Array<string> = []
  const write = (object: RestoredObject) =>
    Effect.sync(() => {
      seen.add(object.key)
      if (!isAsItWas(object)) wrong.push(object.key)
    })
  return { seen, wrong, write }
}

const open = (endpoint: string) =>
  S3ObjectStorage.make({
    endpoint,
    bucket: "backups",
    credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test-secret") },
  })

describe("a backup whose process is killed half way", () => {
  it.live(
    "finishes the rest when it is started again, stores nothing twice, and gives everything back as it was",
    () =>
      Effect.gen(function* () {
        const server = yield* startS3Server()
        // With all that are under way stored and unanswered, nothing more is on its way to the server.
        yield* kill(server, [], { answered: count / 2, stored: count / 2 + putsInFlight })
        const stored = new Map(server.store.bucket("backups"))
        const again = yield* finish(server, [])
        expect(again).toEqual({ succeeded: count - stored.size, skipped: stored.size, failed: 0 })
        // What was there is the very object that was there: nobody wrote it again.
        for (const [key, object] of stored) expect(server.store.bucket("backups").get(key)).toBe(object)
        expect(storedOf(server)).toBe(count)
        const judge = makeJudge()
        const storage = yield* open(server.endpoint)
        const options = { sink: judge, storage, keys: keysOf(count), prefix: "b/" }
        expect(yield* Bulk.report(Backups.restoreFromBackup(options))).toMatchObject({ succeeded: count, failed: 0 })
        expect([judge.seen.size, judge.wrong]).toEqual([count, []])
      }),
    timeoutMillis,
  )

  it.live(
    "goes on with a set where its last index was written",
    () =>
      Effect.gen(function* () {
        const server = yield* startS3Server()
        // Past the segments that are on the way at once there are indexes.
        yield* kill(server, ["daily"], { answered: 20, stored: 20 })
        const indexes = [...server.store.bucket("backups")].filter(([key]) => key.includes("/index/"))
        const again = yield* finish(server, ["daily"])
        expect(again.failed).toBe(0)
        expect(again.skipped).toBeGreaterThan(0)
        expect(again.skipped + again.succeeded).toBe(count)
        for (const [key, object] of indexes) expect(server.store.bucket("backups").get(key)).toBe(object)
        const judge = makeJudge()
        const storage = yield* open(server.endpoint)
        const restored = yield* Bulk.report(
          Backups.restoreFromSet({ sink: judge, storage, set: "daily", prefix: "b/" }),
        )
        expect(restored).toMatchObject({ succeeded: count, failed: 0 })
        expect([judge.seen.size, judge.wrong]).toEqual([count, []])
      }),
    timeoutMillis,
  )
})

import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import type { JsonObject } from "@framedb/core"
import { RedisClusterServers, RedisSentinelServers, RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"

const script = fileURLToPath(new URL("leavesNothing.ts", import.meta.url))

/** Opens, writes and closes in a process of its own, and gives what was left and how long the process lived. */
const inOwnProcess = Effect.fnUntraced(function* (url: string, metadata: JsonObject = {}) {
  const begun = performance.now()
  const { stdout } = yield* Effect.promise(() =>
    promisify(execFile)(process.execPath, [script, url, JSON.stringify(metadata)], { timeout: 20_000 }),
  )
  return { ...JSON.parse(stdout), millis: performance.now() - begun }
})

const nothing = { exit: "Success", left: [] }

describe("a closed scope leaves no socket and no timer", () => {
  it.live("of a server", () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      expect(yield* inOwnProcess(server.url)).toMatchObject(nothing)
    }),
  )

  it.live("of a cluster", () =>
    Effect.gen(function* () {
      const { url } = yield* RedisClusterServers.make()
      expect(yield* inOwnProcess(url, { cluster: true })).toMatchObject(nothing)
    }),
  )

  it.live("behind sentinels", () =>
    Effect.gen(function* () {
      const { masterName, sentinels } = yield* RedisSentinelServers.make()
      const nodes = sentinels.map(({ port }) => `127.0.0.1:${port}`)
      const result = yield* inOwnProcess("redis://sentinels", { sentinel: { name: masterName, sentinels: nodes } })
      expect(result).toMatchObject(nothing)
    }),
  )

  it.live("where opening failed", () =>
    Effect.gen(function* () {
      const failed = { exit: "Failure", left: [] }
      expect(yield* inOwnProcess("redis://127.0.0.1:1")).toMatchObject(failed)
      expect(yield* inOwnProcess("redis://127.0.0.1:1", { cluster: true })).toMatchObject(failed)
      // The driver holds a timer of two seconds for a sentinel that can't be reached, and nothing else.
      const sentinel = { name: "main", sentinels: ["127.0.0.1:1"] }
      const { exit, left, millis } = yield* inOwnProcess("redis://127.0.0.1:1", { sentinel })
      expect({ exit, sockets: left.filter((name: string) => name !== "Timeout") }).toEqual({
        exit: "Failure",
        sockets: [],
      })
      expect(millis).toBeLessThan(5_000)
    }),
  )
})

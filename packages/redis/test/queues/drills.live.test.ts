/** What happens to queues when processes are killed and servers restarted. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import { RedisServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { bytesOf } from "../instanceAt.ts"
import { framedbId, queuesAt, textOf } from "./queuesAt.ts"

const messages = 4_000
/** What one process may hold: a batch in its hands, and one whose acknowledgement is under way. */
const maxInFlight = 2 * 512

const startWorker = (url: string, queue: string, lines: Array<string>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const script = fileURLToPath(new URL("worker.ts", import.meta.url))
      const child = spawn(process.execPath, [script, url, queue], { stdio: ["ignore", "pipe", "inherit"] })
      let rest = ""
      child.stdout.on("data", (chunk) => {
        const parts = (rest + String(chunk)).split("\n")
        rest = parts.pop() ?? ""
        lines.push(...parts)
      })
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL")),
  )

const until = (isDone: () => boolean, millis: number) =>
  Effect.suspend(() => (isDone() ? Effect.void : Effect.fail("not yet" as const))).pipe(
    Effect.retry(Schedule.spaced("20 millis").pipe(Schedule.upTo({ duration: millis }))),
  )

it.live(
  "loses no message when a consumer is killed and Redis is killed and restarted, and repeats only what was in flight",
  () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ appendOnly: true })
      const queues = yield* queuesAt(server.url)
      const handled: Array<string> = []
      const victim = yield* startWorker(server.url, "jobs", handled)
      yield* startWorker(server.url, "jobs", handled)
      const publish = (index: number) => queues.publish("jobs", bytesOf(String(index)), { framedbId })
      // Published while all that happens, with what a lost answer leaves in doubt sent again and added once.
      yield* Effect.forkScoped(
        Effect.forEach(
          Array.from({ length: messages }, (_, index) => index),
          (index) => Effect.andThen(index % 100 === 0 ? Effect.sleep(50) : Effect.void, publish(index)),
          { concurrency: 16, discard: true },
        ),
      )
      yield* until(() => handled.length > 500, 20_000)
      victim.kill("SIGKILL")
      yield* until(() => handled.length > 1_500, 20_000)
      yield* server.kill
      yield* Effect.sleep(300)
      yield* server.restart
      yield* until(() => new Set(handled).size === messages, 30_000)
      expect(handled.length - messages).toBeLessThanOrEqual(2 * maxInFlight)
      yield* Effect.sleep(500)
      const info = yield* queues.queueInfo("jobs", framedbId)
      expect(info).toMatchObject({ lag: 0, deadLetters: 0 })
    }),
  60_000,
)

it.live(
  "publishes each message once and in order over lost connections",
  () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make({ appendOnly: true })
      const queues = yield* queuesAt(server.url)
      const count = 500
      const publishing = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: count }, (_, index) => index),
          (index) =>
            Effect.andThen(Effect.sleep(index % 5), queues.publish("q", bytesOf(String(index)), { framedbId })),
          { discard: true },
        ),
      )
      yield* Effect.sleep(300)
      yield* server.kill
      yield* server.restart
      yield* Effect.sleep(300)
      yield* server.pause
      yield* Effect.sleep(200)
      yield* server.resume
      yield* Fiber.join(publishing)
      const all = yield* Stream.runCollect(queues.pullAllStreamData("q", framedbId))
      expect(all.map(textOf)).toEqual(Array.from({ length: count }, (_, index) => String(index)))
    }),
  60_000,
)

it.live(
  "keeps the memory of a slow consumer flat, whatever waits in the queue",
  () =>
    Effect.gen(function* () {
      const server = yield* RedisServer.make()
      const queues = yield* queuesAt(server.url)
      const data = new Uint8Array(50_000)
      const publish = Effect.forEach(
        Array.from({ length: 2_000 }),
        () => queues.publish("large", data, { framedbId }),
        { concurrency: 64, discard: true },
      )
      yield* publish
      const used = () => {
        const { heapUsed, external, arrayBuffers } = process.memoryUsage()
        return heapUsed + Math.max(external, arrayBuffers)
      }
      const before = used()
      let most = 0
      yield* queues.listenForStreamData("large", framedbId).pipe(
        Stream.take(400),
        Stream.runForEach(() =>
          Effect.andThen(
            Effect.sleep(1),
            Effect.sync(() => {
              most = Math.max(most, used())
            }),
          ),
        ),
      )
      expect(most - before).toBeLessThan(64 * 1024 * 1024)
    }),
  60_000,
)

import { describe, expect, it } from "@effect/vitest"
import { LocalCluster, RedisServer } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { FrameDBClient } from "framedb"

const { redisUrl, sqlUrl } = provided()
const bytes = (text: string) => new TextEncoder().encode(text)
const place = { framedbId: "redis-1", type: "in-memory" } as const

/** How long after a write the old object may still be answered, on a machine that does much else. */
const boundMillis = 1_000

const open = (make: () => FrameDBClient) =>
  Effect.acquireRelease(Effect.sync(make), (client) => Effect.promise(() => client.close()))

const read = (client: FrameDBClient, key: string) =>
  Effect.promise(async () => {
    const { data, source } = await client.getObject(key)
    return { source, text: new TextDecoder().decode(data) }
  })

/** Reads until an answer is as it should be. */
const readUntil = (client: FrameDBClient, key: string, wanted: Partial<Effect.Success<ReturnType<typeof read>>>) =>
  read(client, key).pipe(
    Effect.repeat({
      until: ({ source, text }) => source === (wanted.source ?? source) && text === (wanted.text ?? text),
      schedule: Schedule.spaced(2),
    }),
    Effect.timeout("15 seconds"),
  )

/** Two clients that share a cluster, with a Redis of its own for their channel. */
const twoClients = Effect.gen(function* () {
  const cluster = yield* LocalCluster.make({ redisUrl, sqlUrl })
  const channel = yield* RedisServer.make()
  const options = {
    clusterUrl: cluster.clusterUrl,
    routingUrl: cluster.routingUrl,
    redis: { maxReconnectDelayMillis: 200 },
    coherence: { redisUrl: channel.url, heartbeatMillis: 500 },
  }
  const one = yield* open(() => new FrameDBClient(options))
  const two = yield* open(() => new FrameDBClient(options))
  return { cluster, channel, one, two, options }
})

describe("two clients on one channel", () => {
  it.live("see each other's writes within a bound, although they had the object in the cache", () =>
    Effect.gen(function* () {
      const { one, two } = yield* twoClients
      const key = `coherent ${crypto.randomUUID()}`
      const set = (client: FrameDBClient, text: string) =>
        Effect.promise(() => client.setObject({ key, data: bytes(text), ...place }))
      yield* set(one, "0")
      yield* readUntil(two, key, { source: "cache", text: "0" })
      const lags: Array<number> = []
      for (let round = 1; round <= 20; round++) {
        const [writer, reader] = round % 2 === 0 ? [one, two] : [two, one]
        yield* readUntil(reader, key, { source: "cache" })
        yield* set(writer, `${round}`)
        const written = performance.now()
        yield* readUntil(reader, key, { text: `${round}` })
        lags.push(performance.now() - written)
      }
      expect(Math.max(...lags)).toBeLessThan(boundMillis)
      yield* Effect.promise(() => one.deleteObject(key))
      const gone = Effect.promise(() =>
        two.getObject(key).then(
          () => false,
          (error) => error._tag === "ObjectNotFound",
        ),
      )
      yield* Effect.timeout(
        Effect.repeat(gone, { until: (isGone) => isGone, schedule: Schedule.spaced(2) }),
        boundMillis,
      )
    }),
  )

  it.live(
    "lose what is cached when the channel's Redis is killed, read nothing old, and cache again when it is back",
    () =>
      Effect.gen(function* () {
        const { one, two, channel } = yield* twoClients
        const key = `broken ${crypto.randomUUID()}`
        const set = (text: string) => Effect.promise(() => one.setObject({ key, data: bytes(text), ...place }))
        yield* set("a")
        yield* readUntil(two, key, { source: "cache" })
        yield* channel.kill
        yield* readUntil(two, key, { source: "primary" })
        expect(yield* Effect.promise(() => two.cacheStats())).toMatchObject({ entries: 0 })
        yield* set("b")
        for (const client of [one, two, one, two])
          expect(yield* read(client, key)).toEqual({ source: "primary", text: "b" })
        yield* channel.restart
        yield* readUntil(two, key, { source: "cache" })
        expect(yield* read(two, key)).toEqual({ source: "cache", text: "b" })
        yield* readUntil(one, key, { source: "cache" })
        yield* set("c")
        yield* readUntil(two, key, { text: "c" })
      }),
  )

  it.live("may meet on an instance of the registry", () =>
    Effect.gen(function* () {
      const { options, one } = yield* twoClients
      const key = `instance ${crypto.randomUUID()}`
      const coherence = { framedbId: "redis-3" }
      const three = yield* open(() => new FrameDBClient({ ...options, coherence }))
      const four = yield* open(() => new FrameDBClient({ ...options, coherence }))
      yield* Effect.promise(() => three.setObject({ key, data: bytes("a"), ...place }))
      yield* readUntil(four, key, { source: "cache" })
      yield* Effect.promise(() => three.setObject({ key, data: bytes("b"), ...place }))
      yield* readUntil(four, key, { source: "cache", text: "b" })
      expect((yield* read(one, key)).text).toBe("b")
    }),
  )

  it.live("are refused a channel that is none, or two", () =>
    Effect.gen(function* () {
      const urls = { clusterUrl: "http://127.0.0.1:1", routingUrl: "http://127.0.0.1:1" }
      for (const coherence of [{}, { redisUrl: "redis://a", framedbId: "b" }, { redisUrl: "ftp://:secret@host" }]) {
        const client = yield* open(() => new FrameDBClient({ ...urls, coherence }))
        const error = yield* Effect.flip(
          Effect.tryPromise({ try: () => client.getObject("k"), catch: (thrown) => thrown }),
        )
        expect(error).toMatchObject({ _tag: "InvalidArgument" })
        expect(String(error)).not.toContain("secret")
      }
    }),
  )
})

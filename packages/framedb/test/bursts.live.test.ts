import { expect, layer } from "@effect/vitest"
import { LocalCluster } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { FrameDB, FrameDBLive } from "framedb"

const { redisUrl, sqlUrl } = provided()
const count = 5_000

layer(LocalCluster.layer({ redisUrl, sqlUrl }), { excludeTestServices: true, timeout: "60 seconds" })(
  "thousands of new objects at once",
  (it) => {
    it.effect.each(["in-memory", "storage"] as const)("are all stored, by few HTTP calls: %s", (type) =>
      Effect.gen(function* () {
        const { clusterUrl, routingUrl, instances } = yield* LocalCluster.LocalCluster
        const context = yield* Layer.build(FrameDBLive.layer({ clusterUrl, routingUrl, cacheSizeBytes: 0 }))
        const db = Context.get(context, FrameDB)
        const framedbId = type === "storage" ? instances.storage : instances.memory
        const prefix = crypto.randomUUID()
        const keys = Array.from({ length: count }, (_, index) => `${prefix} ${index}`)
        const begun = yield* Clock.currentTimeMillis
        yield* Effect.forEach(keys, (key) => db.setObject({ key, data: Buffer.from(key), framedbId, type }), {
          concurrency: "unbounded",
        })
        expect((yield* Clock.currentTimeMillis) - begun).toBeLessThan(10_000)
        const { httpCalls } = yield* db.stats
        expect(httpCalls["routing.register"]).toBeLessThanOrEqual(Math.ceil(count / 256) + 20)
        const found = yield* db.getObjects(keys)
        expect(found.flatMap(Option.toArray)).toHaveLength(count)
        const removed = yield* Effect.forEach(keys, (key) => db.deleteObject(key), { concurrency: 256 })
        expect(removed).toHaveLength(count)
      }).pipe(Effect.scoped),
    )
  },
)

/** The contract is what the server speaks: a client that is generated from it can decode every answer. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { expect, layer } from "@effect/vitest"
import { FramedbId, ObjectKey, QueueName } from "@framedb/core"
import { FrameDBApi } from "@framedb/routing"
import { FrameDBServer } from "@framedb/server"
import * as Effect from "effect/Effect"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as Layer from "effect/Layer"

const client = Effect.flatMap(FrameDBServer.FrameDBServer, ({ url }) =>
  HttpApiClient.make(FrameDBApi, { baseUrl: url }),
)

layer(Layer.merge(FrameDBServer.layer({ port: 0 }), NodeHttpClient.layerUndici), { excludeTestServices: true })(
  "a client generated from the contract",
  (it) => {
    it.effect("understands every answer about objects", () =>
      Effect.gen(function* () {
        const { objects } = yield* client
        const object_id = ObjectKey.make("a/b %41")
        const entry = {
          framedb_id: FramedbId.make("r"),
          framedb_type: "in-memory",
          size: 1,
          metadata: { a: [1] },
        } as const
        const copy = { framedb_id: FramedbId.make("s"), framedb_type: "storage" } as const
        const params = { id: object_id }
        expect(yield* objects.create({ payload: { object_id, ...entry } })).toMatchObject({ id: object_id })
        expect(yield* Effect.flip(objects.create({ payload: { object_id, ...entry } }))).toMatchObject({
          success: false,
        })
        expect(yield* objects.query()).toMatchObject({ data: [{ object_id }] })
        expect(yield* objects.update({ params, payload: { size: 2 } })).toMatchObject({ id: object_id })
        expect(yield* objects.read({ params })).toMatchObject({ data: { size: 2 } })
        expect(yield* objects.addCopy({ params, payload: copy })).toMatchObject({ success: true })
        expect(yield* objects.copyExists({ params: { ...params, framedbId: "s" } })).toMatchObject({ success: true })
        expect(yield* Effect.flip(objects.copyExists({ params: { ...params, framedbId: "t" } }))).toMatchObject({
          success: false,
        })
        expect(yield* objects.removeCopy({ params, payload: copy })).toMatchObject({ success: true })
        expect(yield* objects.addCopyTo({ payload: { object_id, ...copy } })).toMatchObject({ data: { found: true } })
        const many = { object_ids: [object_id, ObjectKey.make("none")], ...copy }
        expect(yield* objects.addCopyToMany({ payload: many })).toMatchObject({ data: { found: [true, false] } })
        expect(yield* objects.removeCopyFrom({ payload: { object_id, ...copy } })).toMatchObject({
          data: { removed: true },
        })
        expect(yield* objects.lookup({ payload: { ids: [object_id, "none"] } })).toMatchObject({
          data: [{ size: 2 }, null],
        })
        expect(yield* objects.upsert({ payload: { object_id, ...entry } })).toMatchObject({
          data: { previous: { size: 2 } },
        })
        const batch = {
          entries: [
            { object_id, ...entry },
            { object_id: ObjectKey.make("other"), ...entry },
          ],
        }
        expect(yield* objects.register({ payload: batch })).toMatchObject({ data: [{ size: 1 }, null] })
        expect(yield* objects.removeNamed({ payload: { object_id: ObjectKey.make("other") } })).toMatchObject({
          data: { removed: true },
        })
        expect(yield* objects.list({ payload: { prefix: "a", filter: { size: 1 }, limit: 1 } })).toMatchObject({
          next: object_id,
        })
        expect(yield* objects.removeNamed({ payload: { object_id } })).toMatchObject({
          data: { removed: true, previous: { _id: object_id, size: 1 } },
        })
        expect(yield* objects.removeNamed({ payload: { object_id } })).toMatchObject({
          data: { removed: false, previous: null },
        })
        expect(yield* Effect.flip(objects.remove({ params }))).toMatchObject({ success: false })
        expect(yield* Effect.flip(objects.read({ params }))).toMatchObject({ success: false })
      }),
    )

    it.effect("understands every answer about queues", () =>
      Effect.gen(function* () {
        const { streams } = yield* client
        const queue_name = QueueName.make("q/1")
        const entry = { queue_name, framedb_id: FramedbId.make("r") }
        const params = { id: queue_name }
        expect(yield* streams.create({ payload: entry })).toMatchObject({ id: queue_name })
        expect(yield* streams.update({ params, payload: { metadata: { a: 1 } } })).toMatchObject({ success: true })
        expect(yield* streams.read({ params })).toMatchObject({ data: { metadata: { a: 1 } } })
        expect(yield* streams.query()).toMatchObject({ data: [entry] })
        expect(yield* streams.lookup({ payload: { ids: [queue_name] } })).toMatchObject({ data: [entry] })
        expect(yield* streams.upsert({ payload: entry })).toMatchObject({ data: { previous: entry } })
        expect(yield* streams.list({ payload: {} })).toMatchObject({ data: [entry], next: null })
        expect(yield* streams.removeNamed({ payload: { queue_name } })).toMatchObject({ data: { removed: true } })
        expect(yield* Effect.flip(streams.remove({ params }))).toMatchObject({ success: false })
      }),
    )

    it.effect("understands every answer about instances, and of health", () =>
      Effect.gen(function* () {
        const { health, ...groups } = yield* client
        for (const group of [groups.instances, groups.persistentInstances]) {
          const entry = { framedb_id: FramedbId.make("i"), cluster_id: "c", node_id: "n", public_url: "redis://x" }
          expect(yield* group.register({ payload: entry })).toMatchObject({ success: true })
          expect(yield* group.register({ payload: entry })).toMatchObject({ success: true })
          expect(yield* group.read({ params: { id: "i" } })).toMatchObject({ data: entry })
          expect(yield* group.ofCluster({ params: { clusterId: "c" } })).toMatchObject({ data: [entry] })
          expect(yield* group.ofNode({ params: { clusterId: "c", nodeId: "n" } })).toMatchObject({ data: [entry] })
          expect(yield* group.query({ payload: { node_id: "n" } })).toMatchObject({ data: [entry] })
          expect(yield* group.remove({ params: { id: "i" } })).toMatchObject({ success: true })
        }
        expect(yield* health()).toMatchObject({ success: true })
      }),
    )
  },
)

import { FramedbId } from "@framedb/core"
import { HttpClusterRegistry, HttpRouting, InstanceAdministration } from "@framedb/routing"
import { FrameDBServer } from "@framedb/server"
import { startPublishedServices } from "@framedb/testing"
import { clusterRegistrySuite, objectRoutingSuite, streamRoutingSuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const ours = FrameDBServer.layer({ port: 0 })

const published = Effect.acquireRelease(
  Effect.promise(() =>
    startPublishedServices({
      instances: [{ framedb_id: "redis-1", public_url: "redis://:secret@public:6379", local_url: "local:6379" }],
      persistentInstances: [
        {
          framedb_id: "sql-1",
          cluster_id: "here",
          public_url: "mysql://public",
          local_url: "mysql+pymysql://u:p@local",
        },
        {
          framedb_id: "a/b",
          cluster_id: "there",
          public_url: "http://public:4000",
          local_url: "x",
          metadata: { a: 1 },
        },
      ],
    }),
  ),
  (services) => Effect.promise(() => services.stop()),
)

const onOurs = Layer.unwrap(Effect.map(FrameDBServer.FrameDBServer, ({ url }) => HttpRouting.layer({ url }))).pipe(
  Layer.provide(ours),
)
const onPublished = Layer.unwrap(Effect.map(published, ({ url }) => HttpRouting.layer({ url })))

objectRoutingSuite("ObjectRouting over HTTP on our server", {
  layer: onOurs,
  capability: { changesAnyKey: true, anyMetadataField: true },
})

objectRoutingSuite("ObjectRouting over HTTP on the published service", {
  layer: onPublished,
  capability: { changesAnyKey: false, anyMetadataField: true },
})

streamRoutingSuite("StreamRouting over HTTP on our server", { layer: onOurs, capability: { changesAnyName: true } })

streamRoutingSuite("StreamRouting over HTTP on the published service", {
  layer: onPublished,
  capability: { changesAnyName: false },
})

const known = [
  { framedbId: FramedbId.make("redis-1"), kind: "redis", clusterId: undefined, url: "redis://:secret@public:6379" },
  { framedbId: FramedbId.make("sql-1"), kind: "sql", clusterId: "here", url: "mysql+pymysql://u:p@local" },
  { framedbId: FramedbId.make("a/b"), kind: "sql", clusterId: "there", url: "http://public:4000", metadata: { a: 1 } },
] as const

const capability = {
  known: known.map(({ url, ...instance }) => ({ metadata: {}, ...instance, url: Redacted.make(url) })),
}

const registered = Effect.gen(function* () {
  const { url } = yield* FrameDBServer.FrameDBServer
  const administration = yield* InstanceAdministration.make({ url })
  for (const { framedbId, kind, clusterId, url, ...rest } of known) {
    const isLocal = clusterId === "here"
    yield* administration.register({
      framedbId,
      kind,
      publicUrl: Redacted.make(isLocal ? "mysql://public" : url),
      localUrl: Redacted.make(isLocal ? url : "x"),
      ...(clusterId === undefined ? {} : { clusterId }),
      ...rest,
    })
  }
  return HttpClusterRegistry.layer({ url, clusterId: "here" })
})

clusterRegistrySuite("ClusterRegistry over HTTP on our server", {
  layer: Layer.unwrap(registered).pipe(Layer.provide(ours)),
  capability,
})

clusterRegistrySuite("ClusterRegistry over HTTP on the published service", {
  layer: Layer.unwrap(Effect.map(published, ({ url }) => HttpClusterRegistry.layer({ url, clusterId: "here" }))),
  capability,
})

// FrameDB in an Effect application: layers composed, errors handled by their tags, queues as Streams.
//
//   node examples/effect-application.ts          in memory
//   node examples/effect-application.ts --live   on servers that it starts
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { ensurePackages, LocalCluster } from "@framedb/testing"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { FrameDBLive, FrameDBMemory } from "framedb"
import * as Cameras from "./cameras/Cameras.ts"

/** Shows a camera's latest picture, whatever happens. Its type says that nothing is left to go wrong. */
const show = (camera: string): Effect.Effect<string, never, Cameras.Cameras> =>
  Effect.gen(function* () {
    const cameras = yield* Cameras.Cameras
    const { takenAt, pixels } = yield* cameras.latest(camera)
    return `${camera}: ${pixels.length} bytes, taken at ${takenAt.toISOString()}`
  }).pipe(
    Effect.catchTag("NoPicture", () => Effect.succeed(`${camera}: no picture yet`)),
    Effect.catchTag("CamerasUnavailable", ({ isTemporary }) =>
      Effect.succeed(`${camera}: ${isTemporary ? "try again in a moment" : "somebody has to look at this"}`),
    ),
  )

const program = Effect.gen(function* () {
  const cameras = yield* Cameras.Cameras
  const takenAt = new Date("2026-01-01T12:00:00Z")
  yield* cameras.save({ camera: "gate", takenAt, pixels: new Uint8Array(2_048) })
  yield* Console.log(yield* show("gate"))
  yield* Console.log(yield* show("garden"))

  yield* cameras.raise("gate", "somebody rings")
  yield* cameras.raise("garden", "a cat")
  const handled = yield* cameras
    .handleAlerts(({ camera, words }) => Console.log(`alert from ${camera}: ${words}`))
    .pipe(Stream.take(2), Stream.runCollect)
  if (handled.length !== 2) return yield* Effect.die(new Error("an alert was lost"))
})

/** Real servers for the length of the program. An application would say `FrameDBLive.layerConfig`. */
const live = Layer.unwrap(
  Effect.map(LocalCluster.LocalCluster, ({ clusterUrl, routingUrl }) => FrameDBLive.layer({ clusterUrl, routingUrl })),
).pipe(Layer.provide(LocalCluster.layer()))

const isLive = process.argv.includes("--live")
if (isLive) await ensurePackages()

program.pipe(
  Effect.provide(Cameras.layer.pipe(Layer.provide(isLive ? live : FrameDBMemory.layer()))),
  NodeRuntime.runMain,
)

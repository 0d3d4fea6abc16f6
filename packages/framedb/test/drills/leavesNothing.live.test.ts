import { execFile } from "node:child_process"
import { createServer, type Socket } from "node:net"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, layer } from "@effect/vitest"
import { FramedbId } from "@framedb/core"
import { InstanceAdministration } from "@framedb/routing"
import { LocalCluster } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

const script = fileURLToPath(new URL("useAndLeave.ts", import.meta.url))

/** A server that takes connections and never says a word. */
const silentPort = Effect.acquireRelease(
  Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => {})
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const close = () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      }
      resume(Effect.succeed({ port, close }))
    })
  }),
  ({ close }) => Effect.sync(close),
)

/** A cluster with instances that are away and instances that never answer. */
const cluster = Layer.effect(
  LocalCluster.LocalCluster,
  Effect.gen(function* () {
    const started = yield* LocalCluster.make(provided())
    const { port } = yield* silentPort
    const administration = yield* InstanceAdministration.make({ url: started.clusterUrl })
    for (const [framedbId, at] of [
      ["away", 1],
      ["silent", port],
    ] as const) {
      for (const kind of ["redis", "sql"] as const) {
        const publicUrl = Redacted.make(`${kind === "redis" ? "redis" : "mysql"}://127.0.0.1:${at}`)
        yield* administration.register({ framedbId: FramedbId.make(framedbId), kind, publicUrl })
      }
    }
    return started
  }),
)

const scenarios = {
  use: "after every operation",
  nothing: "that did nothing",
  neverClosed: "that is never used nor closed",
  errors: "after calls that failed",
  abandoned: "while calls are under way",
  abandonedBeforeConnected: "before it has connected",
  abandonedWhileRetrying: "while calls wait for servers that are away",
  aborted: "after calls that were aborted",
  leftLoop: "after a loop over a listing was left",
  effect: "as a layer, with a fiber under way",
  coherent: "with a channel that keeps its cache coherent",
  coherentAway: "whose channel's server is away",
  coherentSilent: "whose channel's server never answers",
}

layer(cluster, { excludeTestServices: true, timeout: "60 seconds" })("a client that is closed", (it) => {
  for (const [scenario, when] of Object.entries(scenarios)) {
    it.effect(`${when}, leaves no socket, timer or fiber: the script ends by itself`, () =>
      Effect.gen(function* () {
        const { clusterUrl } = yield* LocalCluster.LocalCluster
        const { stdout, stderr } = yield* Effect.promise(() =>
          promisify(execFile)(process.execPath, [script, clusterUrl, scenario], { timeout: 25_000 }),
        )
        const left: ReadonlyArray<string> = JSON.parse(stdout).left
        const open = left.filter((name) => name === "TCPSocketWrap" || name === "TCPConnectWrap" || name === "Timeout")
        expect({ open, warnings: stderr.replace(/^[\d.]+$/, "") }).toEqual({ open: [], warnings: "" })
        expect(Number(stderr)).toBeLessThan(1_000)
      }),
    )
  }
})

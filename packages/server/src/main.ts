#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { parseCommandLine } from "./commandLine.ts"
import { FrameDBServer, layerConfigWith } from "./FrameDBServer.ts"
import { failureText } from "./failureText.ts"

const options = parseCommandLine(process.argv.slice(2))

const announced = Layer.effectDiscard(
  Effect.flatMap(FrameDBServer, ({ url }) => Console.log(`framedb-server listens on ${url}`)),
)

if ("print" in options) {
  process.stdout.write(`${options.print}\n`)
  process.exitCode = process.argv.includes("--help") || process.argv.includes("-h") ? 0 : 2
} else {
  announced.pipe(
    Layer.provide(layerConfigWith(options)),
    Layer.launch,
    Effect.tapError((error) => Console.error(`framedb-server: ${failureText(error)}`)),
    // A server that was asked to stop and did has done its work.
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit, end) => end(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1),
    }),
  )
}

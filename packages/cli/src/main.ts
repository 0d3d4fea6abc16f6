#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { run } from "./framedb.ts"
import { onFailure } from "./onFailure.ts"

// Who reads the output has had enough, such as `head`: there is nobody to write to.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
})

// A terminal that is closed is to leave as little behind as Ctrl-C.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

run(process.argv.slice(2)).pipe(
  Effect.catch(onFailure),
  Effect.onInterrupt(() => Console.error("framedb: interrupted")),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain(),
)

#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { run } from "./framedb.ts"
import { onFailure } from "./onFailure.ts"
import { complain } from "./say.ts"

// A terminal that is closed is to leave as little behind as Ctrl-C.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

// What it means that nothing can be written any more, each command decides; unheard, it would end the process.
for (const output of [process.stdout, process.stderr]) output.on("error", () => {})

run(process.argv.slice(2)).pipe(
  Effect.catch(onFailure),
  Effect.onInterrupt(() => complain("framedb: interrupted")),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain(),
)

#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { outputEnd } from "./files/standardOutput.ts"
import { run } from "./framedb.ts"
import { onFailure } from "./onFailure.ts"

// A terminal that is closed is to leave as little behind as Ctrl-C.
process.once("SIGHUP", () => process.kill(process.pid, "SIGTERM"))

Effect.raceFirst(run(process.argv.slice(2)), outputEnd).pipe(
  Effect.catch(onFailure),
  Effect.onInterrupt(() => Console.error("framedb: interrupted")),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain(),
)

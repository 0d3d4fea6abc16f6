#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { run } from "./framedb.ts"
import { onFailure } from "./onFailure.ts"

// Who reads the output has had enough, such as `head`: there is nobody to write to.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
})

run(process.argv.slice(2)).pipe(Effect.catch(onFailure), Effect.provide(NodeServices.layer), NodeRuntime.runMain())

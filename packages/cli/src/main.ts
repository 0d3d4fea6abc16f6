#!/usr/bin/env node
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { run } from "./framedb.ts"
import { onFailure } from "./onFailure.ts"

run(process.argv.slice(2)).pipe(Effect.catch(onFailure), Effect.provide(NodeServices.layer), NodeRuntime.runMain())

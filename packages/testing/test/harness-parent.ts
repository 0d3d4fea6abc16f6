// Starts one server of each kind, prints their pids and folders, and waits to be killed: the process that
// harness.live.test.ts kills in order to see what is left.
import * as Effect from "effect/Effect"
import { open, RedisServer, SqlServer } from "../src/harness/index.ts"

const servers = await open(
  Effect.all([RedisServer.make({ appendOnly: true }), SqlServer.make()], { concurrency: "unbounded" }),
)
const report = await Promise.all(
  servers.value.map(async ({ pid, directory }) => ({ pid: await Effect.runPromise(pid), directory })),
)
process.stdout.write(`${JSON.stringify(report)}\n`)

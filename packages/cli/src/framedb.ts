/** The `framedb` command: what people do by hand with a cluster. */

import { CliOutput, Command } from "effect/cli"
import * as Effect from "effect/Effect"
import packageJson from "../package.json" with { type: "json" }
import { backups } from "./commands/backups.ts"
import { copies } from "./commands/copies.ts"
import { instances } from "./commands/instances.ts"
import { collectGarbage, deleteObjects, exists, get, list, set, stat } from "./commands/objects.ts"
import { publish, pull, queueInfo, redrive, tail } from "./commands/queues.ts"
import { presenter } from "./presenter.ts"

const root = Command.make("framedb").pipe(
  Command.withDescription(
    "Objects in Redis and TiDB, queues in Redis, backups in S3 or a folder. FRAMEDB_CLUSTER_URL and FRAMEDB_ROUTING_URL name the cluster.",
  ),
  Command.withSubcommands([
    { group: "objects", commands: [set, get, stat, exists, list, deleteObjects, copies, collectGarbage] },
    { group: "backups", commands: [backups] },
    { group: "queues", commands: [publish, pull, tail, queueInfo, redrive] },
    { group: "cluster", commands: [instances] },
  ]),
)

/** Runs the command with its arguments. */
export const run = (args: ReadonlyArray<string>) =>
  Effect.suspend(() => Command.runWith(root, { version: packageJson.version })(args)).pipe(
    Effect.provideService(CliOutput.Presenter, presenter),
  )

/** The `framedb` command: what people do by hand with a cluster. */

import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import packageJson from "../package.json" with { type: "json" }
import { instances } from "./commands/instances.ts"
import { deleteObjects, exists, get, list, set, stat } from "./commands/objects.ts"
import { publish, pull, queueInfo, redrive, tail } from "./commands/queues.ts"

const root = Command.make("framedb").pipe(
  Command.withDescription(
    "Objects in Redis and TiDB, and queues in Redis. The cluster is named by FRAMEDB_CLUSTER_URL and FRAMEDB_ROUTING_URL.",
  ),
  Command.withSubcommands([
    set,
    get,
    stat,
    exists,
    list,
    deleteObjects,
    publish,
    pull,
    tail,
    queueInfo,
    redrive,
    instances,
  ]),
)

/** Runs the command with its arguments. */
export const run = (args: ReadonlyArray<string>) =>
  Effect.suspend(() => Command.runWith(root, { version: packageJson.version })(args))

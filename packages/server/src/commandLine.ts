/** The options of the `framedb-server` command, over those of the environment. */
import { parseArgs } from "node:util"
import * as Redacted from "effect/Redacted"
import type { FrameDBServerOptions } from "./FrameDBServer.ts"

/** What `--help` prints. */
export const usage = `framedb-server [--port 8000] [--host 127.0.0.1] [--allow-host NAME]… [--store memory|sqlite:FILE|mysql://user:password@host:port/database]

Routing service and cluster registry of FrameDB. The same options as environment variables, which do not show in a
list of processes: FRAMEDB_SERVER_PORT, FRAMEDB_SERVER_HOST, FRAMEDB_SERVER_ALLOWED_HOSTS (with commas), FRAMEDB_SERVER_STORE; and
FRAMEDB_SERVER_TOKEN, the bearer token that clients must send (default: none), FRAMEDB_SERVER_STOP_MILLIS, how long a stop
may take (default: 10000). Without a token, a server on 127.0.0.1 is asked by address, as localhost, or by a name that --allow-host
gives it.
GET /docs describes the calls.`

/** Reads the arguments; gives what to print instead where they ask for help or can't be used. */
export const parseCommandLine = (args: ReadonlyArray<string>): FrameDBServerOptions | { readonly print: string } => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        host: { type: "string" },
        "allow-host": { type: "string", multiple: true },
        store: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    })
    if (values.help === true) return { print: usage }
    const port = values.port === undefined ? undefined : Number(values.port)
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      return { print: `--port is a number from 0 to 65535\n\n${usage}` }
    }
    return {
      ...(port === undefined ? {} : { port }),
      ...(values.host === undefined ? {} : { host: values.host }),
      ...(values["allow-host"] === undefined ? {} : { allowedHosts: values["allow-host"] }),
      ...(values.store === undefined ? {} : { store: Redacted.make(values.store) }),
    }
  } catch (problem) {
    return { print: `${problem instanceof Error ? problem.message : "the arguments can't be read"}\n\n${usage}` }
  }
}

/** Starts the S3 server of the benchmarks in a process of its own. */
import { fork } from "node:child_process"
import { once } from "node:events"

/** A server that runs, and how to stop it. */
export interface S3Process {
  readonly endpoint: string
  /** Removes all objects. Memory that is new to a process costs it several times what receiving into it does. */
  readonly forget: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts a server that has the bucket `backups` and keeps what it is given in its own memory. */
export const startS3Process = async (): Promise<S3Process> => {
  // Else every 32 MiB that it receives make the engine look through all of its heap, on a core that the clients need.
  const execArgv = [...process.execArgv, "--external-memory-accounted-in-global-limit"]
  const child = fork(new URL("./s3Process.ts", import.meta.url), { execArgv })
  // The server's first message is the text of its endpoint.
  const [endpoint] = (await once(child, "message")) as [string]
  const forget = async () => {
    child.send("forget")
    await once(child, "message")
  }
  const stop = async () => {
    child.disconnect()
    await once(child, "exit")
  }
  return { endpoint, forget, stop }
}

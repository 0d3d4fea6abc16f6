/** Starts the S3 server of the benchmarks in a process of its own. */
import { fork } from "node:child_process"
import { once } from "node:events"

/** A server that runs, and how to stop it. */
export interface S3Process {
  readonly endpoint: string
  readonly stop: () => Promise<void>
}

/** Starts a server that has the bucket `backups` and keeps what it is given in its own memory. */
export const startS3Process = async (): Promise<S3Process> => {
  const child = fork(new URL("./s3Process.ts", import.meta.url))
  // The server sends one message: the text of its endpoint.
  const [endpoint] = (await once(child, "message")) as [string]
  const stop = async () => {
    child.disconnect()
    await once(child, "exit")
  }
  return { endpoint, stop }
}

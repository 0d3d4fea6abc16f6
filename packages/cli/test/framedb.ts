/** The command, run as a shell would. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { createRequire } from "node:module"

const main = createRequire(import.meta.url).resolve("../src/main.ts")

/** What became of a command. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Less than the tests have, so that what hangs says where. */
const deadlineMillis = 90_000

const attempt = (read: () => string): string => {
  try {
    return read().trim()
  } catch {
    return "?"
  }
}

/** Where a process stands, as far as the system tells: each thread with what it waits for, and what it has open. */
const whereabouts = (pid: number | undefined): string => {
  const within = (folder: string) => {
    try {
      return readdirSync(`/proc/${pid}/${folder}`)
    } catch {
      return []
    }
  }
  const threads = within("task").map((id) => {
    const read = (file: string) => attempt(() => readFileSync(`/proc/${pid}/task/${id}/${file}`, "utf8"))
    return `${read("comm")}: ${read("wchan")}, system call ${read("syscall").split(" ")[0]}`
  })
  const open = within("fd").map((fd) => `${fd}: ${attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`))}`)
  return [...threads, ...open].join("\n")
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  /** Rejects, and ends the command, where it runs for too long. */
  readonly ended: Promise<Ran>
}

/** Starts the command with the cluster in its environment. */
export const startFramedb = (url: string, args: ReadonlyArray<string>): Running => {
  const env = { ...process.env, FRAMEDB_CLUSTER_URL: url, FRAMEDB_ROUTING_URL: url }
  const child = spawn(process.execPath, [main, ...args], { env })
  let [out, errors] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (out += piece))
  child.stderr.setEncoding("utf8").on("data", (piece: string) => (errors += piece))
  // A command that has ended wants no more input.
  child.stdin.on("error", () => {})
  const ended = new Promise<Ran>((resolve, reject) => {
    const late = setTimeout(() => {
      const said = JSON.stringify(out + errors)
      const message = `framedb ${args.join(" ")} runs for ${deadlineMillis} ms and has said ${said}`
      reject(new Error(`${message}. It is at\n${whereabouts(child.pid)}`))
      child.kill("SIGKILL")
    }, deadlineMillis)
    child.once("close", (code) => {
      clearTimeout(late)
      resolve({ code: code ?? 1, out, errors })
    })
  })
  return { child, ended }
}

/** Runs the command to its end. */
export const framedb = (url: string, args: ReadonlyArray<string>, input: string | Buffer = ""): Promise<Ran> => {
  const { child, ended } = startFramedb(url, args)
  child.stdin.end(input)
  return ended
}

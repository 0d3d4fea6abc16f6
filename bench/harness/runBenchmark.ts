import { spawn } from "node:child_process"
import { once } from "node:events"
import { basename, dirname } from "node:path"

/** How a benchmark ended. */
export interface Ended {
  /** Folder and name of its file. */
  readonly name: string
  readonly seconds: number
  /** Undefined where it ended well, else what happened. */
  readonly failure: string | undefined
}

/** From SIGTERM at the deadline, on which servers are stopped, to SIGKILL. */
const graceMillis = 5000

const ending = (code: unknown, signal: unknown): string | undefined => {
  if (code === 0) return undefined
  return code === null ? `ended by ${String(signal)}` : `exit code ${String(code)}`
}

/** Runs a benchmark in a process of its own, up to a deadline. Its output appears as it comes, or all at once at the end. */
export const runBenchmark = async (
  file: string,
  options: { readonly args: ReadonlyArray<string>; readonly deadlineMillis: number; readonly live: boolean },
): Promise<Ended> => {
  const name = `${basename(dirname(file))}/${basename(file)}`
  const output = options.live ? "inherit" : "pipe"
  const began = performance.now()
  const child = spawn(process.execPath, [file, ...options.args], { stdio: ["ignore", output, output] })
  let text = ""
  const keep = (chunk: Buffer) => {
    text += chunk.toString("utf8")
  }
  child.stdout?.on("data", keep)
  child.stderr?.on("data", keep)
  let isLate = false
  const terminate = setTimeout(() => {
    isLate = true
    child.kill("SIGTERM")
  }, options.deadlineMillis)
  const kill = setTimeout(() => child.kill("SIGKILL"), options.deadlineMillis + graceMillis)
  const [code, signal]: ReadonlyArray<unknown> = await once(child, "close")
  clearTimeout(terminate)
  clearTimeout(kill)
  process.stdout.write(text)
  const late = `it took longer than ${options.deadlineMillis / 1000} s`
  return { name, seconds: (performance.now() - began) / 1000, failure: isLate ? late : ending(code, signal) }
}

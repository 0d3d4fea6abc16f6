/** Commands with a deadline and without a keyboard. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { root } from "../root.ts"

/** How a command runs. */
export interface CommandOptions {
  /** The command fails when it takes longer. */
  readonly deadlineMillis: number
  /** Whether the output goes to the terminal as it comes, instead of into the result. Default: false. */
  readonly live?: boolean
  /** Variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>
}

/** How a command ended. */
export interface CommandResult {
  readonly succeeded: boolean
  /** Standard output and error together, as they came. */
  readonly output: string
}

/** After SIGTERM at the deadline, before SIGKILL. */
const graceMillis = 5_000

/** Runs a command of the workspace at its root, waits for its end, and never rejects. */
export const runCommand = async (
  command: string,
  args: ReadonlyArray<string>,
  options: CommandOptions,
): Promise<CommandResult> => {
  const output = options.live === true ? "inherit" : "pipe"
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...options.environment },
    stdio: ["ignore", output, output],
  })
  let text = ""
  const keep = (chunk: Buffer) => {
    text += chunk.toString("utf8")
  }
  child.stdout?.on("data", keep)
  child.stderr?.on("data", keep)
  let late = false
  const terminate = setTimeout(() => {
    late = true
    text += `\nstopped: it took longer than ${options.deadlineMillis / 1000} s\n`
    child.kill("SIGTERM")
  }, options.deadlineMillis)
  const kill = setTimeout(() => child.kill("SIGKILL"), options.deadlineMillis + graceMillis)
  const code = await once(child, "close").then(
    ([exitCode]: ReadonlyArray<unknown>) => exitCode,
    (error: unknown) => {
      text += String(error)
    },
  )
  clearTimeout(terminate)
  clearTimeout(kill)
  // What ends well when it is told to has still not ended by itself.
  return { succeeded: code === 0 && !late, output: text }
}

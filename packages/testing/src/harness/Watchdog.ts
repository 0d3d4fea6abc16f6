/**
 * What ends a server whose starter has died, whatever the starter died of.
 *
 * A shell holds the reading end of a pipe that only the starter holds the writing end of. A line through the pipe means
 * that the starter has cleaned up itself; the end of the pipe without one means that it is gone, also by SIGKILL. The
 * shell then renames the server's folder, kills the processes that the folder's `pid` file names, and removes the folder.
 *
 * Every process of a server goes through `spawnWatched`, which writes that file with a rename inside the folder and only
 * then becomes the server. Whichever rename comes first wins: either the watchdog finds the pid, or the launcher finds
 * its folder gone and starts nothing. So there is no moment at which a server can be left behind, and where the folder is
 * made after the watchdog, no folder either.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, rmSync } from "node:fs"
import { join } from "node:path"

/** `sh -c launchScript PID_FILE COMMAND ARG...` becomes the command, after it has written its pid. */
const launchScript = 'echo "$$" > "$0.new" && mv "$0.new" "$0" && exec "$@"'

/** What a server still writes while it is being killed makes `rm` fail once or twice. */
const watchScript = `
if read -r _; then exit 0; fi
mv "$0" "$0.orphaned" || exit 0
[ -s "$0.orphaned/pid" ] && kill -s KILL -- "-$(cat "$0.orphaned/pid")"
for pause in 0.1 0.5 1 5; do
  rm -rf "$0.orphaned" && exit 0
  sleep "$pause"
done
`

/** The file in a server's folder that gets the output of its processes. */
export const logFile = (directory: string): string => join(directory, "server.log")

/**
 * Starts a program in a server's folder, known to the folder's watchdog; one at a time. It leads a process group, so that
 * its children end with it, and so that Ctrl-C leaves it to the starter or to the watchdog to end it in order.
 */
export const spawnWatched = (directory: string, command: string, args: ReadonlyArray<string>): ChildProcess => {
  const pidFile = join(directory, "pid")
  const log = openSync(logFile(directory), "a")
  const child = spawn("sh", ["-c", launchScript, pidFile, command, ...args], {
    cwd: directory,
    stdio: ["ignore", log, log],
    detached: true,
  })
  closeSync(log)
  child.once("exit", () => rmSync(pidFile, { force: true }))
  return child
}

/** Watches over one server's folder for as long as this process lives, or until it is dismissed. */
export class Watchdog {
  readonly #shell: ChildProcess

  /** Starts the watch. Begin it before the folder is made. */
  constructor(directory: string) {
    // A session of its own: Ctrl-C in a terminal reaches the starter, and must not take the watchdog with it.
    this.#shell = spawn("sh", ["-c", watchScript, directory], { stdio: ["pipe", "ignore", "ignore"], detached: true })
    // Without a shell there is no watch; `spawnWatched`, which needs one too, reports that.
    this.#shell.once("error", () => {})
    // Somebody ended the watchdog: nothing is left to dismiss.
    this.#shell.stdin?.on("error", () => {})
  }

  /** Ends the watch. Call it when the server has ended and its folder is gone. */
  async dismiss(): Promise<void> {
    if (this.#shell.pid === undefined || this.#shell.exitCode !== null || this.#shell.signalCode !== null) return
    const ended = once(this.#shell, "exit")
    this.#shell.stdin?.end("dismissed\n")
    await ended
  }
}

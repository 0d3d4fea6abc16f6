/**
 * What ends a server whose starter has died, whatever the starter died of.
 *
 * A shell holds the reading end of a pipe that only the starter holds the writing end of. A line through the pipe means
 * that the starter has cleaned up itself; the end of the pipe without one means that it is gone, also by SIGKILL. The
 * shell then renames the server's folder, kills the process that the folder's `pid` file names, and removes the folder.
 *
 * A server is launched through `launchScript`, which writes that file with a rename inside the folder and only then
 * becomes the server. Whichever rename comes first wins: either the watchdog finds the pid, or the launcher finds its
 * folder gone and starts nothing. So there is no moment at which a server can be left behind.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"

/** `sh -c launchScript PID_FILE COMMAND ARG...` becomes the command, after it has written its pid. */
export const launchScript = 'echo "$$" > "$0.new" && mv "$0.new" "$0" && exec "$@"'

/** The file in a server's folder that names its process while one runs. */
export const pidFile = (directory: string): string => join(directory, "pid")

/** The second `rm` is for what a server writes while it is being killed. */
const watchScript = `
if read -r _; then exit 0; fi
mv "$0" "$0.orphaned" || exit 0
[ -s "$0.orphaned/pid" ] && kill -KILL "$(cat "$0.orphaned/pid")"
rm -rf "$0.orphaned" || { sleep 1; rm -rf "$0.orphaned"; }
`

/** Watches over one server's folder for as long as this process lives, or until it is dismissed. */
export class Watchdog {
  readonly #shell: ChildProcess

  /** Starts the watch. Begin it before the first launch in the folder. */
  constructor(directory: string) {
    // A session of its own: Ctrl-C in a terminal reaches the starter, and must not take the watchdog with it.
    this.#shell = spawn("sh", ["-c", watchScript, directory], { stdio: ["pipe", "ignore", "ignore"], detached: true })
    // Without a shell there is no watch; the launch, which needs one too, reports that.
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

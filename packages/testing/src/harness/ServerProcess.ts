/**
 * One server process after another on one port and one folder: what `Server` is made of. Plain promises and real time,
 * so that it also works where no Effect runs, and in a test whose `Clock` stands still.
 */
import type { ChildProcess } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { findCommand } from "./findCommand.ts"
import { freePort, isPortFree } from "./freePort.ts"
import { howToInstall } from "./packages.ts"
import { ServerError } from "./ServerError.ts"
import { logFile, spawnWatched, Watchdog } from "./Watchdog.ts"

/** Where a server lives: a port of the loopback interface, and a folder of its own for its data. */
export interface ServerPlace {
  readonly port: number
  readonly directory: string
}

/** Runs a program in the server's folder to its end; rejects with a `ServerError` where it fails. */
export type RunProgram = (command: string, args: ReadonlyArray<string>) => Promise<void>

/** Everything that the harness needs to know about a kind of server. */
export interface ServerDefinition {
  /** What errors and the temporary folder call it, such as `redis`. */
  readonly name: string
  /** The program's name or path. */
  readonly command: string
  readonly args: (place: ServerPlace) => ReadonlyArray<string>
  /** Fills the empty folder, once, before the first start; programs that take part in it go through `run`. */
  readonly prepare?: (place: ServerPlace, run: RunProgram) => Promise<void>
  /** Resolves when the server answers, rejects when it does not yet. Asked again and again; let it give up by itself. */
  readonly answers: (place: ServerPlace) => Promise<void>
}

/** What a loaded machine needs for the slowest start (a SQL server's) has been seen at a tenth of this. */
const startTimeoutMillis = 60_000
/** A server that has not ended this long after SIGTERM is killed. */
const stopTimeoutMillis = 10_000
/** Between two questions whether the server answers. */
const pollMillis = 15
/** Other harnesses on the machine may take the port that was found free. */
const maxPortAttempts = 5
const logTailLines = 30

/** A server's process: at most one at a time, killed and started again as the caller likes. */
export class ServerProcess {
  readonly #definition: ServerDefinition
  readonly #watchdog: Watchdog
  #child: ChildProcess | undefined
  readonly place: ServerPlace

  private constructor(definition: ServerDefinition, place: ServerPlace) {
    this.#definition = definition
    this.place = place
    this.#watchdog = new Watchdog(place.directory)
  }

  /** Starts a server in a new folder and waits until it answers. Rejects with a `ServerError`, and leaves nothing then. */
  static async open(definition: ServerDefinition): Promise<ServerProcess> {
    if (findCommand(definition.command) === undefined) {
      throw new ServerError({ server: definition.name, problem: howToInstall(definition.command), log: "" })
    }
    for (let attempt = 1; ; attempt++) {
      const port = await freePort()
      const directory = join(tmpdir(), `framedb-${definition.name}-${randomBytes(6).toString("hex")}`)
      const server = new ServerProcess(definition, { directory, port })
      try {
        await mkdir(directory, { mode: 0o700 })
        await definition.prepare?.(server.place, (command, args) => server.#run(command, args))
        await server.start()
        return server
      } catch (error) {
        await server.close()
        const lostThePort = !(await isPortFree(port))
        if (!lostThePort || attempt === maxPortAttempts) throw error
      }
    }
  }

  /** The process id, while a process runs. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    this.#spawn(this.#definition.command, this.#definition.args(this.place))
    await this.#untilItAnswers()
  }

  /** Ends the process in its own order with SIGTERM, after a while with SIGKILL. Does nothing where none runs. */
  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const ended = once(child, "exit")
    child.kill("SIGTERM")
    // A paused process acts on SIGTERM when it goes on.
    child.kill("SIGCONT")
    const deadline = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMillis)
    await ended
    clearTimeout(deadline)
  }

  /** Ends the process with SIGKILL, paused or not. Does nothing where none runs. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    const ended = once(child, "exit")
    child.kill("SIGKILL")
    await ended
  }

  /** Sends SIGSTOP: the process keeps its connections and answers nothing. */
  pause(): void {
    this.#child?.kill("SIGSTOP")
  }

  /** Sends SIGCONT. */
  resume(): void {
    this.#child?.kill("SIGCONT")
  }

  /** Kills the process and removes its folder: after this there is nothing left of the server. */
  async close(): Promise<void> {
    await this.kill()
    await rm(this.place.directory, { recursive: true, force: true, maxRetries: 3 })
    await this.#watchdog.dismiss()
  }

  #spawn(command: string, args: ReadonlyArray<string>): ChildProcess {
    const child = spawnWatched(this.place.directory, findCommand(command) ?? command, args)
    const forget = () => {
      if (this.#child === child) this.#child = undefined
    }
    child.once("exit", forget)
    child.once("error", forget)
    this.#child = child
    return child
  }

  async #run(command: string, args: ReadonlyArray<string>): Promise<void> {
    const child = this.#spawn(command, args)
    const deadline = setTimeout(() => child.kill("SIGKILL"), startTimeoutMillis)
    const [code] = await once(child, "exit")
    clearTimeout(deadline)
    if (code !== 0) throw await this.#failure(`${command} failed`)
  }

  async #untilItAnswers(): Promise<void> {
    const deadline = performance.now() + startTimeoutMillis
    for (;;) {
      const answer = await this.#definition.answers(this.place).then(
        () => undefined,
        (cause: unknown) => ({ cause }),
      )
      // Asked in this order: what answers on the port of a process that has ended is somebody else's server.
      if (this.#child === undefined) throw await this.#failure("ended while it was starting")
      if (answer === undefined) return
      if (performance.now() > deadline) {
        await this.kill()
        throw await this.#failure(`did not answer within ${startTimeoutMillis / 1000} s: ${String(answer.cause)}`)
      }
      await sleep(pollMillis)
    }
  }

  async #failure(problem: string): Promise<ServerError> {
    const text = await readFile(logFile(this.place.directory), "utf8").catch(() => "")
    const log = text.trimEnd().split("\n").slice(-logTailLines).join("\n")
    return new ServerError({ server: this.#definition.name, problem, log })
  }
}

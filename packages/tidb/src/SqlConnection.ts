/** One connection of a pool: one statement at a time, a deadline for each, and an end that nothing survives. */
import type { Socket } from "node:net"
import { type Connection, type ConnectionOptions, createConnection } from "mysql2"
import { beginsAsSql, speakFirst } from "./greeting.ts"
import { Lending, LentBytes, type Parameter, placeholderOf } from "./Lending.ts"
import { errnoOf, isServers, PoolError, SqlFailure } from "./SqlFailure.ts"
import { socketTo } from "./socketTo.ts"

/** What a statement came to: a failure, or what the driver answers (rows, or the header of a write). */
export type Answer = (failure: SqlFailure | undefined, answer: unknown) => void

export type { Parameter } from "./Lending.ts"

/** How a connection is made. */
export interface SqlConnectionConfig {
  /** The driver's options, without a stream: the connection makes its own, so that it can destroy it. */
  readonly driver: ConnectionOptions & { readonly host: string; readonly port: number }
  /** Run before anything else, such as the session's variables. */
  readonly setup: ReadonlyArray<string>
  /** In ticks of the pool. */
  readonly connectTicks: number
  /** In ticks of the pool. */
  readonly statementTicks: number
}

/** The server is not the one that takes writes any more: a new connection may find the one that is. */
const readOnlyErrnos: ReadonlySet<number | undefined> = new Set([1290, 1792, 1836])

/** The server has written its last word on this connection, or has forgotten what was prepared on it. */
const finalErrnos: ReadonlySet<number | undefined> = new Set([1053, 1243, 1927, 4031])

/** A connection that is being made, is ready, or has ended. */
export class SqlConnection {
  readonly #config: SqlConnectionConfig
  readonly #onEnd: (failure: SqlFailure) => void
  readonly #socket: Socket
  readonly #lending: Lending | undefined
  readonly #driver: Connection
  #answer: Answer | undefined
  #ticks = 0
  #limitTicks: number
  #hasHeard = false
  #stopSpeaking: (() => void) | undefined
  #ready = false
  #ended = false

  /** Begins to connect. `onReady` is called at most once, `onEnd` exactly once, whenever the connection ends. */
  constructor(config: SqlConnectionConfig, onReady: () => void, onEnd: (failure: SqlFailure) => void) {
    this.#config = config
    this.#onEnd = onEnd
    this.#limitTicks = config.connectTicks
    const { host, port } = config.driver
    this.#socket = socketTo(host, port)
    this.#lending = config.driver.ssl === undefined ? new Lending(this.#socket) : undefined
    // The driver waits for the rest of what it takes for a long packet, and never says what is wrong.
    this.#socket.once("data", (first: Buffer) => {
      this.#hasHeard = true
      if (!beginsAsSql(first)) this.#endAsNotSql()
    })
    this.#driver = createConnection({ ...config.driver, stream: this.#socket })
    // Without a listener the process would end. Every error that reaches the connection itself is its last.
    this.#driver.on("error", (error) => this.end(new SqlFailure(error, this.#ready)))
    this.#driver.on("end", () => this.end(new SqlFailure(lost(), this.#ready)))
    this.#driver.once("connect", () => this.#setUp(0, onReady))
  }

  /** Whether it can take a statement. */
  get isUsable(): boolean {
    return this.#ready && !this.#ended && this.#answer === undefined
  }

  /** Whether it has ended. */
  get isEnded(): boolean {
    return this.#ended
  }

  /**
   * Runs a statement: prepared where it has parameters, and prepared once on each connection; else as text, since not
   * every server prepares what has none, such as COMMIT or a CREATE.
   */
  run(sql: string, parameters: ReadonlyArray<Parameter>, answer: Answer): void {
    this.#answer = answer
    this.#ticks = 0
    const done = (error: Error | null, result: unknown) => this.#onAnswer(answer, error, result)
    try {
      if (parameters.length === 0) this.#driver.query(sql, done)
      else this.#driver.execute(sql, this.#bound(parameters), done)
    } catch (error) {
      // The driver throws for parameters that it can't bind, before it has sent anything.
      this.#answer = undefined
      this.#lending?.takeBack()
      answer(new SqlFailure(error, false), undefined)
    }
  }

  /** What the driver binds. */
  #bound(parameters: ReadonlyArray<Parameter>): Array<string | Buffer> {
    if (this.#lending?.lend(parameters)) return parameters.map(placeholderOf)
    return parameters.map((each) => (each instanceof LentBytes ? each.bytes : each))
  }

  /** Counts a tick against the statement, or the attempt to connect, and ends the connection when it is over its time. */
  tick(): void {
    if (this.#ended || (this.#ready && this.#answer === undefined)) return
    this.#ticks++
    if (!this.#ready && this.#ticks === Math.ceil(this.#limitTicks / 2)) this.#doubt()
    if (this.#ticks <= this.#limitTicks) return
    const late = this.#ready
      ? new PoolError("POOL_STATEMENT_TIMEOUT", "the statement was not answered in time; its connection was closed")
      : new PoolError("POOL_CONNECT_TIMEOUT", "the server did not accept the connection in time")
    this.end(new SqlFailure(late, this.#ready))
  }

  /** Half of its time is over. Who has not said a word may be a slow SQL server, or one of another kind that is not spoken to. */
  #doubt(): void {
    if (this.#hasHeard || this.#socket.connecting) return
    this.#stopSpeaking = speakFirst(this.#config.driver, () => this.#endAsNotSql())
  }

  #endAsNotSql(): void {
    this.end(new SqlFailure(new PoolError("POOL_NOT_SQL", "what answers there is no SQL server"), false))
  }

  /** Ends the connection at once, failing what runs on it. Does nothing the second time. */
  end(failure: SqlFailure): void {
    if (this.#ended) return
    this.#ended = true
    const answer = this.#answer
    this.#answer = undefined
    // The driver's own end only half-closes, and a server that hangs never closes its half.
    this.#driver.destroy()
    this.#socket.destroy()
    this.#stopSpeaking?.()
    this.#onEnd(failure)
    answer?.(failure, undefined)
  }

  #setUp(next: number, onReady: () => void): void {
    const sql = this.#config.setup[next]
    if (sql === undefined) {
      this.#ready = true
      this.#stopSpeaking?.()
      this.#limitTicks = this.#config.statementTicks
      onReady()
      return
    }
    this.#driver.query(sql, (error) => {
      if (!error) this.#setUp(next + 1, onReady)
      else this.end(new SqlFailure(error, false))
    })
  }

  #onAnswer(answer: Answer, error: Error | null, result: unknown): void {
    // The driver calls back twice when a connection ends while it prepares, and late after a deadline.
    if (this.#answer !== answer) return
    const wasKept = this.#lending?.takeBack()
    const failure = error || wasKept ? new SqlFailure(error ?? notSent(), true) : undefined
    if (failure !== undefined && isLast(failure.thrown)) {
      this.end(failure)
      return
    }
    this.#answer = undefined
    answer(failure, result)
  }
}

/** Whether a connection can't be used after an error: all but a server's plain answer to a statement. */
const isLast = (error: unknown): boolean => {
  const errno = errnoOf(error)
  if (error instanceof Error && "fatal" in error && error.fatal === true) return true
  // The driver has no names for TiDB's numbers: what shows a server's answer is its state.
  if (errno === undefined || !isServers(error)) return true
  return readOnlyErrnos.has(errno) || finalErrnos.has(errno)
}

const notSent = (): PoolError => new PoolError("POOL_NOT_SENT", "the driver sent a statement without all of its bytes")

const lost = (): Error =>
  Object.assign(new Error("the server closed the connection"), { code: "PROTOCOL_CONNECTION_LOST" })

/**
 * A bounded pool of connections that never lets a call wait for ever.
 *
 * The driver's own pool queues without a bound in time, gives a connection back while a statement that timed out still
 * runs on it, and can't destroy a socket that hangs. This one counts every deadline with one ticker, closes what is late,
 * connects when a call needs it, and so heals itself: a connection that ended is simply not there any more.
 */
import { type Answer, type Parameter, SqlConnection, type SqlConnectionConfig } from "./SqlConnection.ts"
import { PoolError, SqlFailure } from "./SqlFailure.ts"
import { Ticker } from "./Ticker.ts"
import { WaitingLine } from "./WaitingLine.ts"

/** Bounds of a pool. */
export interface SqlPoolConfig {
  readonly driver: SqlConnectionConfig["driver"]
  readonly setup: ReadonlyArray<string>
  readonly maxConnections: number
  readonly maxWaiting: number
  readonly acquireTimeoutMillis: number
  readonly connectTimeoutMillis: number
  readonly statementTimeoutMillis: number
  readonly idleTimeoutMillis: number
}

/** What a call that needs a connection is answered. */
export type Granted = (failure: SqlFailure | undefined, connection: SqlConnection | undefined) => void

/** A deadline comes at most a twentieth of itself late. */
const ticksPerDeadline = 20
const minTickMillis = 5
const maxTickMillis = 250

/** Connections that are lent to one call at a time. */
export class SqlPool {
  readonly #config: SqlPoolConfig
  readonly #connectionConfig: SqlConnectionConfig
  readonly #connections = new Set<SqlConnection>()
  /** The last one in is the first one out, so that what is not needed comes to rest and is closed. */
  readonly #idle: Array<{ readonly connection: SqlConnection; readonly since: number }> = []
  readonly #waiting: WaitingLine<Granted>
  readonly #ticker: Ticker
  readonly #idleTicks: number
  #connecting = 0
  #tick = 0
  #closed = false

  constructor(config: SqlPoolConfig) {
    this.#config = config
    const shortest = Math.min(config.acquireTimeoutMillis, config.connectTimeoutMillis, config.statementTimeoutMillis)
    const tickMillis = Math.min(maxTickMillis, Math.max(minTickMillis, Math.floor(shortest / ticksPerDeadline)))
    const ticks = (millis: number) => Math.ceil(millis / tickMillis)
    this.#connectionConfig = {
      driver: config.driver,
      setup: config.setup,
      connectTicks: ticks(config.connectTimeoutMillis),
      statementTicks: ticks(config.statementTimeoutMillis),
    }
    this.#idleTicks = ticks(config.idleTimeoutMillis)
    this.#waiting = new WaitingLine(ticks(config.acquireTimeoutMillis))
    this.#ticker = new Ticker(tickMillis, () => this.#onTick())
  }

  /** Open connections, and those being made. */
  get size(): number {
    return this.#connections.size
  }

  /** An idle connection, lent to the caller until `release`; `undefined` where the caller has to `wait`. */
  take(): SqlConnection | undefined {
    if (this.#closed) return undefined
    this.#ticker.wake()
    return this.#idle.pop()?.connection
  }

  /** Asks for a connection when there is none idle. The answer comes later; what is returned withdraws the question. */
  wait(granted: Granted): () => void {
    if (this.#closed) return refuse(granted, "POOL_CLOSED", "the connection is closed")
    if (this.#waiting.length >= this.#config.maxWaiting) {
      return refuse(granted, "POOL_FULL", `${this.#config.maxWaiting} calls are waiting for a connection already`)
    }
    this.#ticker.wake()
    const withdraw = this.#waiting.join(granted, this.#tick)
    this.#connectWhereNeeded()
    return withdraw
  }

  /** Gives a connection back, to whoever has waited longest. One that ended, or that is still busy, is dropped. */
  release(connection: SqlConnection): void {
    if (!connection.isUsable) {
      connection.end(new SqlFailure(new PoolError("POOL_CLOSED", "given back while a statement ran"), true))
      return
    }
    const granted = this.#waiting.leave()
    if (granted === undefined) this.#idle.push({ connection, since: this.#tick })
    else granted(undefined, connection)
  }

  /** Runs one statement on any connection. What is returned withdraws it where it has not begun; else it runs to its end. */
  run(sql: string, parameters: ReadonlyArray<Parameter>, answer: Answer): () => void {
    const connection = this.take()
    if (connection !== undefined) {
      this.#runOn(connection, sql, parameters, answer)
      return nothing
    }
    return this.wait((failure, connection) => {
      if (connection === undefined) answer(failure, undefined)
      else this.#runOn(connection, sql, parameters, answer)
    })
  }

  /** Ends every connection and fails everything that waits or runs. */
  close(): void {
    this.#closed = true
    this.#ticker.stop()
    const failure = new SqlFailure(new PoolError("POOL_CLOSED", "the connection was closed"), true)
    this.#failWaiting(failure.withoutEffect)
    for (const connection of [...this.#connections]) connection.end(failure)
  }

  #runOn(connection: SqlConnection, sql: string, parameters: ReadonlyArray<Parameter>, answer: Answer): void {
    connection.run(sql, parameters, (failure, result) => {
      // First, so that the next statement is on its way while this answer is looked at.
      if (!connection.isEnded) this.release(connection)
      answer(failure, result)
    })
  }

  /** One attempt for each waiting call that nobody connects for yet, within the bound. */
  #connectWhereNeeded(): void {
    while (this.#connecting < this.#waiting.length && this.#connections.size < this.#config.maxConnections) {
      this.#connect()
    }
  }

  #connect(): void {
    this.#connecting++
    let isReady = false
    const connection: SqlConnection = new SqlConnection(
      this.#connectionConfig,
      () => {
        isReady = true
        this.#connecting--
        this.release(connection)
      },
      (failure) => {
        if (!isReady) this.#connecting--
        this.#connections.delete(connection)
        this.#onEnd(connection, isReady, failure)
      },
    )
    this.#connections.add(connection)
  }

  #onEnd(connection: SqlConnection, wasReady: boolean, failure: SqlFailure): void {
    if (this.#closed) return
    const at = this.#idle.findIndex((entry) => entry.connection === connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (wasReady) {
      this.#connectWhereNeeded()
      return
    }
    // A ready connection will serve those who wait. Where there is none, the next attempt would meet what this one met.
    if (this.#connections.size === this.#connecting) this.#failWaiting(failure.withoutEffect)
  }

  #failWaiting(failure: SqlFailure): void {
    for (let count = this.#waiting.length; count > 0; count--) this.#waiting.leave()?.(failure, undefined)
  }

  /** Says whether there is anything left that could become late. */
  #onTick(): boolean {
    this.#tick++
    for (const connection of [...this.#connections]) connection.tick()
    const late = this.#waiting.takeLate(this.#tick)
    for (const granted of late) {
      const error = new PoolError("POOL_ACQUIRE_TIMEOUT", `all ${this.#config.maxConnections} connections stayed busy`)
      granted(new SqlFailure(error, false), undefined)
    }
    this.#closeRested()
    return this.#connections.size > 0 || this.#waiting.length > 0
  }

  #closeRested(): void {
    const rested = this.#idle.filter(({ since }) => this.#tick - since > this.#idleTicks)
    for (const { connection } of rested) {
      connection.end(new SqlFailure(new PoolError("POOL_CLOSED", "closed after a rest"), false))
    }
  }
}

const nothing = () => {}

const refuse = (granted: Granted, code: "POOL_CLOSED" | "POOL_FULL", message: string): (() => void) => {
  granted(new SqlFailure(new PoolError(code, message), false), undefined)
  return nothing
}

/** What can go wrong between this process and a SQL server, before anyone has judged it. */

/** Failures that the pool itself finds. The codes are made like the driver's, so that one table judges both. */
export type PoolCode =
  | "POOL_ACQUIRE_TIMEOUT"
  | "POOL_CLOSED"
  | "POOL_CONNECT_TIMEOUT"
  | "POOL_FULL"
  | "POOL_NOT_SENT"
  | "POOL_NOT_SQL"
  | "POOL_STATEMENT_TIMEOUT"

/** The pool gave up, not the driver. */
export class PoolError extends Error {
  override readonly name = "PoolError"
  readonly code: PoolCode

  constructor(code: PoolCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A statement that was not answered, or was answered with an error. */
export class SqlFailure {
  readonly _tag = "SqlFailure"
  /** What the driver or the pool threw. */
  readonly thrown: unknown
  /** Whether the server may have seen a statement that changes something. */
  readonly sent: boolean

  constructor(thrown: unknown, sent: boolean) {
    this.thrown = thrown
    this.sent = sent
  }

  /** The same failure of a statement that can have changed nothing, such as one in a transaction before its COMMIT. */
  get withoutEffect(): SqlFailure {
    return this.sent ? new SqlFailure(this.thrown, false) : this
  }
}

/** A server's number for an error, where there is one. */
export const errnoOf = (thrown: unknown): number | undefined =>
  thrown instanceof Error && "errno" in thrown && typeof thrown.errno === "number" && thrown.errno > 0
    ? thrown.errno
    : undefined

/** Whether the server itself said it: Node's own errors carry numbers too. */
export const isServers = (thrown: unknown): boolean => thrown instanceof Error && "sqlState" in thrown

/** A driver's, Node's or pool's name for an error, where there is one. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined

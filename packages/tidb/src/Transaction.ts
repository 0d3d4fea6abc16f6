/** Several statements on one connection, all or nothing. */
import type { Parameter, SqlConnection } from "./SqlConnection.ts"
import { PoolError, SqlFailure } from "./SqlFailure.ts"
import type { SqlPool } from "./SqlPool.ts"

/** What runs inside a transaction: prepared statements, and a result that says whether to keep what they did. */
export type TransactionBody<A> = (
  execute: (sql: string, parameters: ReadonlyArray<Parameter>) => Promise<unknown>,
) => Promise<{ readonly commit: boolean; readonly result: A }>

/**
 * Runs a transaction; rejects with a `SqlFailure`, whose `sent` is true only where the COMMIT was sent and its outcome is
 * unknown. An aborted signal ends the connection, and with it the transaction.
 */
export const runTransaction = async <A>(pool: SqlPool, signal: AbortSignal, body: TransactionBody<A>): Promise<A> => {
  const connection = await acquire(pool, signal)
  if (signal.aborted) {
    // Aborted between being granted a connection and being told so.
    pool.release(connection)
    throw interrupted()
  }
  const abort = () => connection.end(interrupted())
  signal.addEventListener("abort", abort)
  try {
    await run(connection, "BEGIN").catch(withoutEffect)
    const { commit, result } = await body((sql, parameters) => run(connection, sql, parameters)).catch(withoutEffect)
    if (commit) await run(connection, "COMMIT")
    // A connection on which even this fails has ended, and the transaction with it.
    else await run(connection, "ROLLBACK").catch(() => {})
    return result
  } catch (failure) {
    // Where the server has only refused a statement, the connection is as good as before once it is rolled back.
    if (connection.isUsable) await run(connection, "ROLLBACK").catch(() => {})
    throw failure
  } finally {
    signal.removeEventListener("abort", abort)
    if (!connection.isEnded) pool.release(connection)
  }
}

/** A failure before the COMMIT leaves nothing behind. */
const withoutEffect = (failure: unknown): never => {
  throw failure instanceof SqlFailure ? failure.withoutEffect : new SqlFailure(failure, false)
}

const acquire = (pool: SqlPool, signal: AbortSignal): Promise<SqlConnection> =>
  new Promise((resolve, reject) => {
    const idle = pool.take()
    if (idle !== undefined) return resolve(idle)
    const onAbort = () => {
      withdraw()
      reject(interrupted())
    }
    signal.addEventListener("abort", onAbort, { once: true })
    // May answer before it returns, where the pool is full or closed.
    const withdraw = pool.wait((failure, connection) => {
      signal.removeEventListener("abort", onAbort)
      if (connection === undefined) reject(failure)
      else resolve(connection)
    })
  })

const run = (connection: SqlConnection, sql: string, parameters: ReadonlyArray<Parameter> = []): Promise<unknown> =>
  new Promise((resolve, reject) => {
    if (!connection.isUsable) return reject(ended())
    connection.run(sql, parameters, (failure, answer) => (failure === undefined ? resolve(answer) : reject(failure)))
  })

const interrupted = (): SqlFailure => new SqlFailure(new PoolError("POOL_CLOSED", "interrupted"), false)

const ended = (): SqlFailure => new SqlFailure(new PoolError("POOL_CLOSED", "the connection has ended"), false)

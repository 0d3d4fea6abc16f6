/** A pool as Effects, on one instance: statements in, answers or `BackendError`s out. */
import { BackendError, backendReason, type InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import { classify } from "./classify.ts"
import type { Parameter } from "./SqlConnection.ts"
import { SqlFailure } from "./SqlFailure.ts"
import type { SqlPool } from "./SqlPool.ts"
import { runTransaction, type TransactionBody } from "./Transaction.ts"

/** What is being done, for errors. */
export interface Operation {
  /** In the port's words, such as `getMany`. */
  readonly name: string
  /** Whether it changes anything, so that a failure may have been applied. */
  readonly isWrite: boolean
}

/** Statements on one instance. */
export class SqlClient {
  readonly #pool: SqlPool
  readonly #instance: string

  constructor(pool: SqlPool, instance: string) {
    this.#pool = pool
    this.#instance = instance
  }

  /**
   * Runs one statement. An interrupted call leaves the line of those who wait; a statement that has begun runs
   * to its end, within its deadline, so that an interruption costs no connection.
   */
  run<A>(
    operation: Operation,
    sql: string,
    parameters: ReadonlyArray<Parameter>,
    decode: (answer: unknown) => A,
  ): Effect.Effect<A, BackendError> {
    return Effect.callback((resume) => {
      const withdraw = this.#pool.run(sql, parameters, (failure, answer) => {
        resume(failure === undefined ? this.#decoded(operation, decode, answer) : this.fail(operation, failure))
      })
      return Effect.sync(withdraw)
    })
  }

  /** Runs a transaction; an interruption ends it. */
  transaction<A>(operation: Operation, body: TransactionBody<A>): Effect.Effect<A, BackendError> {
    return Effect.tryPromise({
      try: (signal) => runTransaction(this.#pool, signal, body),
      catch: (thrown) => this.errorOf(operation, thrown),
    })
  }

  /** Fails as the classifier says. */
  fail(operation: Operation, thrown: unknown): Effect.Effect<never, BackendError> {
    return Effect.fail(this.errorOf(operation, thrown))
  }

  /** The error that a caller is shown. */
  errorOf(operation: Operation, failure: unknown): BackendError {
    const { thrown, sent } = failure instanceof SqlFailure ? failure : new SqlFailure(failure, true)
    const { tag, maybeApplied } = classify(thrown)
    return this.#error(operation, backendReason(tag, thrown), operation.isWrite && sent && maybeApplied)
  }

  /** An error of our own finding: nothing was written. */
  refused(operation: Operation, tag: "Rejected" | "Protocol" | "Unauthorized", message: string): BackendError {
    return this.#error(operation, backendReason(tag, message), false)
  }

  #error(operation: Operation, reason: BackendError["reason"], maybeApplied: boolean): BackendError {
    return new BackendError({
      backend: "sql",
      operation: operation.name,
      instance: this.#instance,
      reason,
      maybeApplied,
    })
  }

  #decoded<A>(operation: Operation, decode: (answer: unknown) => A, answer: unknown): Effect.Effect<A, BackendError> {
    try {
      return Effect.succeed(decode(answer))
    } catch (thrown) {
      return Effect.fail(this.#error(operation, backendReason("Protocol", thrown), operation.isWrite))
    }
  }
}

/** What an operation that may refuse an argument fails with. */
export type WriteError = BackendError | InvalidArgument

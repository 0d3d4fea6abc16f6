/** A pool as Effects, on one instance: statements in, answers or `BackendError`s out. */
import { BackendError, backendReason, type InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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

/** A statement, and what to make of its answer. `decode` throws where the answer is none of a SQL server's. */
export interface Statement<A> {
  readonly sql: string
  readonly parameters: ReadonlyArray<Parameter>
  readonly decode: (answer: unknown) => A
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
    return Effect.callback((resume) => Effect.sync(this.start(operation, { sql, parameters, decode }, resume)))
  }

  /** As `run`, without a fiber: calls `resume` once, and gives a function that leaves the line of those who wait. */
  start<A>(
    operation: Operation,
    { sql, parameters, decode }: Statement<A>,
    resume: (exit: Exit.Exit<A, BackendError>) => void,
  ): () => void {
    return this.#pool.run(sql, parameters, (failure, answer) => {
      resume(
        failure === undefined ? this.#decoded(operation, decode, answer) : Exit.fail(this.errorOf(operation, failure)),
      )
    })
  }

  /** Runs a transaction; an interruption ends it. */
  transaction<A>(operation: Operation, body: TransactionBody<A>): Effect.Effect<A, BackendError> {
    return Effect.tryPromise({
      try: (signal) => runTransaction(this.#pool, signal, body),
      catch: (thrown) => this.errorOf(operation, thrown),
    })
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

  #decoded<A>(operation: Operation, decode: (answer: unknown) => A, answer: unknown): Exit.Exit<A, BackendError> {
    try {
      return Exit.succeed(decode(answer))
    } catch (thrown) {
      return Exit.fail(this.#error(operation, backendReason("Protocol", thrown), operation.isWrite))
    }
  }
}

/** What an operation that may refuse an argument fails with. */
export type WriteError = BackendError | InvalidArgument

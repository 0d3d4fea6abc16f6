/**
 * An open connection to a Redis instance, on which objects and queues are built.
 *
 * It connects once when it is opened, and fails if that fails. Afterwards it connects again whenever it was
 * disconnected, with a doubling wait, until its scope closes. While it is disconnected, commands fail at once with
 * what went wrong when it last tried: whoever calls decides whether to try again.
 */
import type { BackendError, Instance, InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import { type Driver, makeDriver } from "./driver.ts"
import { failureOf, notSent, type Operation, outOfTime } from "./failure.ts"
import { close, connect, heal, Link, withinConnectTimeout } from "./Link.ts"
import { readPemFiles } from "./pemFiles.ts"
import type { RedisSettings } from "./RedisOptions.ts"
import { topologyOf } from "./RedisTopology.ts"
import { parseRedisUrl } from "./RedisUrl.ts"
import { explained } from "./tlsAlert.ts"

/** Commands, and what to make of their replies. What `send` throws counts as its rejection, what `read` throws as a defect. */
export interface Question<Reply, A> {
  readonly send: (driver: Driver) => Promise<Reply>
  readonly read: (reply: Reply) => A
  /** What a refusal answers, or `undefined` where it is a failure. */
  readonly refused?: (thrown: unknown) => A | undefined
}

/** An open connection. */
export interface RedisClient {
  readonly instance: Instance
  readonly settings: RedisSettings
  /** The driver's client, which `run` hands out; it is closed with the scope and never by anyone else. */
  readonly driver: Driver
  /**
   * Sends commands and waits for their answers, together at most `settings.commandTimeoutMillis`. Interrupting stops the
   * waiting; what was sent can't be called back. `send` is called only while the connection is there.
   */
  readonly run: <A>(operation: Operation, send: (driver: Driver) => Promise<A>) => Effect.Effect<A, BackendError>
  /** As `run`, for the hot path: turns the reply into the answer without another promise. */
  readonly ask: <Reply, A>(operation: Operation, question: Question<Reply, A>) => Effect.Effect<A, BackendError>
  /** As `ask`, without a fiber: calls `resume` once, and gives a function that stops the waiting. */
  readonly start: <Reply, A>(
    operation: Operation,
    question: Question<Reply, A>,
    resume: (exit: Exit.Exit<A, BackendError>) => void,
  ) => () => void
  /** Succeeds when the instance answers within the deadline. */
  readonly ping: Effect.Effect<void, BackendError>
  /**
   * Opens another connection to the same instance: for what blocks a connection (`XREADGROUP BLOCK`, `BLMOVE`), where
   * `commandTimeoutMillis` is set to more than it blocks for.
   */
  readonly openAnother: (
    settings?: Partial<RedisSettings>,
  ) => Effect.Effect<RedisClient, BackendError | InvalidArgument, Scope.Scope>
}

const pinging: Operation = { name: "ping", isWrite: false }

const nothing = () => {}

/** Where memory runs out, putting a large command together throws: who waits has to hear of that, too. */
const sendTo = <Reply, A>(driver: Driver, question: Question<Reply, A>): Promise<Reply> => {
  try {
    return question.send(driver)
  } catch (thrown) {
    return Promise.reject(thrown)
  }
}

/** A reply of a shape that nobody foresaw must end the question, too: nothing else would. */
const answerOf = <Reply, A>(question: Question<Reply, A>, reply: Reply): Exit.Exit<A> => {
  try {
    return Exit.succeed(question.read(reply))
  } catch (thrown) {
    return Exit.die(thrown)
  }
}

const makeStart =
  (link: Link): RedisClient["start"] =>
  (operation, question, resume) => {
    const { driver, instance, deadlines } = link
    if (driver.status !== "ready") {
      resume(Exit.fail(notSent(operation, instance, link.lastError)))
      return nothing
    }
    const answersBefore = link.answers
    // First of all: on an idle connection whatever comes before it delays the answer.
    const answered = sendTo(driver, question)
    const waiting = deadlines.begin(() => {
      link.dropIfSilentSince(answersBefore)
      resume(Exit.fail(outOfTime(operation, instance, link.settings.commandTimeoutMillis)))
    })
    /** Whether anybody still waits: not after the deadline, nor after an interruption. */
    const ends = (): boolean => {
      link.answers++
      if (waiting.expire === undefined) return false
      deadlines.end(waiting)
      return true
    }
    answered.then(
      (reply) => {
        if (ends()) resume(answerOf(question, reply))
      },
      (thrown: unknown) => {
        if (!ends()) return
        const answer = question.refused?.(thrown)
        resume(answer === undefined ? Exit.fail(failureOf(operation, instance, thrown)) : Exit.succeed(answer))
      },
    )
    return () => deadlines.end(waiting)
  }

/** Reads what the instance and the options say; nothing is made before the result is called. */
const prepare = Effect.fnUntraced(function* (instance: Instance, settings: RedisSettings) {
  const address = yield* Effect.fromResult(parseRedisUrl(instance.url))
  const topology = yield* Effect.fromResult(topologyOf(instance.metadata, address))
  const tls = settings.tls === undefined ? {} : { tls: yield* readPemFiles(settings.tls) }
  return () => new Link(makeDriver(address, topology, { ...settings, ...tls }), instance, settings)
})

/**
 * Opens an instance: connects and waits for the answer to a PING, within `connectTimeoutMillis`. Fails with `InvalidArgument`
 * for a URL or metadata that can't be used. Nothing is left behind when it fails or is interrupted.
 */
export const openClient: (
  instance: Instance,
  settings: RedisSettings,
) => Effect.Effect<RedisClient, BackendError | InvalidArgument, Scope.Scope> = Effect.fnUntraced(
  function* (instance, settings) {
    const makeLink = yield* prepare(instance, settings)
    const link = yield* Effect.acquireRelease(Effect.sync(makeLink), close)
    const start = makeStart(link)
    const ask: RedisClient["ask"] = (operation, question) =>
      Effect.callback((resume) => Effect.sync(start(operation, question, resume)))
    const run: RedisClient["run"] = (operation, send) => ask(operation, { send, read: identity })
    const ping = run(pinging, (driver) => driver.ping().then(() => undefined))
    // The scope may live on after a failure, so what was begun ends here and not there.
    yield* Effect.andThen(connect(link), ping).pipe(
      Effect.catch((failure) => explained(link, failure)),
      withinConnectTimeout(link),
      Effect.onError(() => close(link)),
    )
    yield* Effect.forkScoped(heal(link))
    return {
      instance,
      settings,
      driver: link.driver,
      run,
      ask,
      start,
      ping,
      openAnother: (changes = {}) => openClient(instance, { ...settings, ...changes }),
    }
  },
)

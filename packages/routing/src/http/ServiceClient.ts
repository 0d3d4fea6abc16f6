/** HTTP calls to one service: bounded in time, in number and in size, with typed failures. No call is repeated here. */
import { BackendError, type BackendName, backendReason, type InvalidArgument, safeCause, Traffic } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { extensionsHeader } from "../contract/paths.ts"
import { classifyCode } from "./classify.ts"
import { type Envelope, judge, refusalText } from "./Envelope.ts"
import { type Exchange, type ExchangeFailure, makeExchange } from "./exchange.ts"
import { problemOfServiceOptions, type ServiceOptions, serviceDefaults } from "./ServiceOptions.ts"
import { parseServiceUrl } from "./ServiceUrl.ts"

/** The services, as errors name them. */
export type ServiceName = Extract<BackendName, "routing" | "registry">

/** One HTTP call. */
export interface Call {
  /** In the port's words, such as `register`. */
  readonly operation: string
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: string
  /** Sent as JSON, on GET too. */
  readonly body?: unknown
  /** Whether it changes something, so that a lost answer means that it may have. */
  readonly write: boolean
  readonly instance?: string
}

/** A service that is reached over HTTP. */
export interface ServiceClient {
  /** Succeeds with what speaks the protocol: a success, or a refusal with status 400 or 404. */
  readonly call: (call: Call) => Effect.Effect<Envelope, BackendError>
  /**
   * Whether the server has our extensions, as the last answer's header said; `undefined` before the first answer and
   * after a call that got none, since another server may answer the next.
   */
  readonly extensions: () => boolean | undefined
  /** A failure of this service. */
  readonly failure: (
    call: Pick<Call, "operation" | "instance">,
    tag: "Protocol" | "Overloaded",
    message: string,
  ) => BackendError
  /** The failure that a refusal means where the operation knows no other meaning for it. */
  readonly refusal: (call: Pick<Call, "operation" | "instance">, envelope: Envelope) => BackendError
}

const headersOf = (options: ServiceOptions, authorization: Redacted.Redacted<string> | undefined) => {
  const headers: Record<string, string> = { accept: "application/json" }
  if (authorization !== undefined) headers["authorization"] = Redacted.value(authorization)
  for (const [name, value] of Object.entries(options.headers ?? {})) headers[name.toLowerCase()] = Redacted.value(value)
  if (options.bearerToken !== undefined) headers["authorization"] = `Bearer ${Redacted.value(options.bearerToken)}`
  return headers
}

const openExchange = (base: string, headers: Readonly<Record<string, string>>, options: ServiceOptions) =>
  makeExchange({
    base,
    headers,
    connections: options.connections ?? serviceDefaults.connections,
    deadlineMillis: options.deadlineMillis ?? serviceDefaults.deadlineMillis,
    connectTimeoutMillis: options.connectTimeoutMillis ?? serviceDefaults.connectTimeoutMillis,
    maxResponseBytes: options.maxResponseBytes ?? serviceDefaults.maxResponseBytes,
  })

type CallName = Pick<Call, "operation" | "instance">

const errorsOf = (backend: ServiceName) => {
  const make = (
    { operation, instance }: CallName,
    reason: BackendError["reason"],
    maybeApplied: boolean,
  ): BackendError =>
    new BackendError({ backend, operation, reason, maybeApplied, ...(instance === undefined ? {} : { instance }) })
  const failure: ServiceClient["failure"] = (call, tag, message) => make(call, backendReason(tag, message), false)
  const refusal: ServiceClient["refusal"] = (call, envelope) =>
    make(call, backendReason("Rejected", refusalText(envelope)), false)
  const transport = (call: Call, { cause: thrown, sent }: ExchangeFailure): BackendError => {
    // Only what is safe of the driver's error: beside it may stand the request's headers, and so the credentials.
    const cause = safeCause(thrown)
    const { tag, maybeApplied } = classifyCode(cause.code ?? cause.name)
    return make(call, backendReason(tag, cause), call.write && sent && maybeApplied)
  }
  return { make, failure, refusal, transport }
}

/**
 * Opens a service. Fails with `InvalidArgument` for a URL or an option that can't be used, which the error calls as `nameOf` does;
 * connects when first called.
 */
export const makeServiceClient = Effect.fnUntraced(function* (
  backend: ServiceName,
  argument: string,
  options: ServiceOptions,
  nameOf?: (name: string) => string,
): Effect.fn.Return<ServiceClient, InvalidArgument, Scope.Scope> {
  const problem = problemOfServiceOptions(options, nameOf)
  if (problem !== undefined) return yield* problem
  const text = Redacted.isRedacted(options.url) ? Redacted.value(options.url) : options.url
  const { base, authorization } = yield* parseServiceUrl(argument, text)
  const send: Exchange = yield* openExchange(base, headersOf(options, authorization), options)
  const errors = errorsOf(backend)
  const traffic = Option.getOrUndefined(yield* Effect.serviceOption(Traffic))
  let extensions: boolean | undefined

  const exchange = (asked: Call): Effect.Effect<Envelope, BackendError | ExchangeFailure> => {
    const body = asked.body === undefined ? undefined : JSON.stringify(asked.body)
    return Effect.flatMap(send({ method: asked.method, path: asked.path, body }), ({ status, headers, text }) => {
      const answer = judge(status, text)
      // A proxy that answers for a server in trouble says nothing of the server behind it.
      if (status < 500) extensions = headers[extensionsHeader] !== undefined
      if (!("reason" in answer)) return Effect.succeed(answer)
      return Effect.fail(errors.make(asked, answer.reason, asked.write && answer.maybeApplied))
    })
  }

  const call = (asked: Call): Effect.Effect<Envelope, BackendError> =>
    Effect.suspend(() => {
      traffic?.of(backend, asked.operation).note(1)
      return Effect.catchTag(exchange(asked), "ExchangeFailure", (failure) => {
        extensions = undefined
        return Effect.fail(errors.transport(asked, failure))
      })
    })

  return { call, extensions: () => extensions, failure: errors.failure, refusal: errors.refusal }
})

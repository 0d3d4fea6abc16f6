/** What holds for every request, whatever its path: the token, who may ask without one, the header of our extensions, and failures as JSON. */
import { createHash, timingSafeEqual } from "node:crypto"
import { extensionsHeader, extensionsVersion } from "@framedb/routing"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { failed } from "./answers.ts"
import { type HostOptions, hostCheck } from "./hostCheck.ts"

const digest = (text: string) => createHash("sha256").update(text).digest()

/** What tells nothing of the entries: whether the server works, and what the contract is. */
const openPaths = new Set(["/health", "/docs", "/openapi.json"])

/** Compares in a time that does not tell how much of the token is right. */
const tokenCheck = (token: Redacted.Redacted<string> | undefined) => {
  if (token === undefined) return () => true
  const wanted = digest(`Bearer ${Redacted.value(token)}`)
  return (request: HttpServerRequest) =>
    openPaths.has(request.url.split("?", 1)[0] ?? "") ||
    timingSafeEqual(digest(request.headers["authorization"] ?? ""), wanted)
}

/**
 * Whether a page of another site asks. A browser lets any page send what it likes to a server on the same machine, and says so.
 */
const isForeignPage = ({ headers }: HttpServerRequest): boolean => {
  const { host, origin } = headers
  return origin !== undefined && URL.parse(origin)?.host !== host
}

/** Not an envelope: a client with a wrong base URL must not take this for the absence of an entry. */
const unknownPath = HttpServerResponse.jsonUnsafe({ error: "no such path and method: see /docs" }, { status: 404 })

const isRouteNotFound = (error: unknown): boolean =>
  Predicate.hasProperty(error, "reason") && Predicate.isTagged(error.reason, "RouteNotFound")

const onFailure = (cause: Cause.Cause<unknown>) => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.succeed(failed(503, "the server is stopping"))
  if (cause.reasons.some((reason) => Cause.isFailReason(reason) && isRouteNotFound(reason.error))) {
    return Effect.succeed(unknownPath)
  }
  return Effect.as(Effect.logError("a request failed", cause), failed(500, "internal error"))
}

/** Whom the server answers. */
export interface AccessOptions extends HostOptions {
  readonly token: Redacted.Redacted<string> | undefined
}

const strangeHost =
  "asked under a name that is not this server's: let it know its names (--allow-host), or ask by address"

/** Why a request is refused; `undefined` where it is not. A token is nothing that a page of another site can send. */
const refusals = ({ token, ...hosts }: AccessOptions) => {
  const hasToken = tokenCheck(token)
  const isOwnHost = hostCheck(hosts)
  return (request: HttpServerRequest) => {
    if (!hasToken(request)) return failed(401, "the bearer token is missing or wrong")
    if (token !== undefined) return undefined
    if (isForeignPage(request)) return failed(403, "asked by another site's page")
    return isOwnHost(request) ? undefined : failed(403, strangeHost)
  }
}

/** Wraps every route, and the paths that have none. */
export const everyAnswer = (options: AccessOptions) => {
  const refusalOf = refusals(options)
  // The error type stays, since the router wants to see it; no failure is left in it.
  const wrap = <E, R>(
    handled: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | HttpServerRequest> =>
    Effect.flatMap(HttpServerRequest, (request) => {
      const refusal = refusalOf(request)
      return refusal === undefined ? Effect.catchCause(handled, onFailure) : Effect.succeed(refusal)
    }).pipe(Effect.map(HttpServerResponse.setHeader(extensionsHeader, extensionsVersion)))
  return HttpRouter.middleware(wrap, { global: true })
}

import { InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** Where a service is, without the credentials that its URL may have held. */
export interface ServiceUrl {
  /** Scheme, host and path prefix, without a slash at the end. */
  readonly base: string
  /** The URL's user and password, as the value of an `authorization` header. */
  readonly authorization: Redacted.Redacted<string> | undefined
}

const invalid = (argument: string, problem: string) =>
  new InvalidArgument({ argument, message: `${argument} ${problem}` })

const basic = (user: string, password: string): Redacted.Redacted<string> | undefined => {
  if (user === "" && password === "") return undefined
  const pair = `${decodeURIComponent(user)}:${decodeURIComponent(password)}`
  return Redacted.make(`Basic ${Buffer.from(pair).toString("base64")}`)
}

/** Reads a service's URL; fails without showing it, since it may hold a password. */
export const parseServiceUrl = Effect.fnUntraced(function* (
  argument: string,
  text: string,
): Effect.fn.Return<ServiceUrl, InvalidArgument> {
  const url = URL.parse(text)
  if (url === null) return yield* invalid(argument, "is not a URL: pass one such as http://host:8000")
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    return yield* invalid(argument, `begins with ${url.protocol}// where http:// or https:// is expected`)
  }
  if (url.search !== "" || url.hash !== "") return yield* invalid(argument, "has a query or a fragment: leave it out")
  const authorization = yield* Effect.try({
    try: () => basic(url.username, url.password),
    catch: () => invalid(argument, "has a user or password that is not percent-encoded"),
  })
  return { base: `${url.origin}${url.pathname.replace(/\/+$/, "")}`, authorization }
})

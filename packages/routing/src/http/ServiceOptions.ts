import { validateHeaderName, validateHeaderValue } from "node:http"
import { type InvalidArgument, OptionRules } from "@framedb/core"
import * as Redacted from "effect/Redacted"

/** How a service is reached. */
export interface ServiceOptions {
  /** Such as `https://host/prefix`. A user and password in it are sent as basic authentication and never shown. */
  readonly url: string | Redacted.Redacted<string>
  /** Sent as `authorization: Bearer …`; wins over a user and password in the URL. */
  readonly bearerToken?: Redacted.Redacted<string>
  /** Sent with every request, for proxies that want more than a token. */
  readonly headers?: Readonly<Record<string, Redacted.Redacted<string>>>
  /** How long one HTTP call may take, from waiting for a connection to the last byte. Default: 10,000. */
  readonly deadlineMillis?: number
  /** How long connecting may take. Default: 3,000. */
  readonly connectTimeoutMillis?: number
  /** The most connections, and so the most calls at once; more wait for a free one. Default: 32. */
  readonly connections?: number
  /** The longest answer that is read: the published service lists everything in one. Default: 64 MiB. */
  readonly maxResponseBytes?: number
}

/** Whether HTTP can send a header so. A token out of a file often ends with its line, and a header can't. */
const isSendable = (name: string, value: unknown): boolean => {
  if (!Redacted.isRedacted(value)) return false
  try {
    validateHeaderName(name)
    validateHeaderValue(name, String(Redacted.value(value)))
    return true
  } catch {
    return false
  }
}

const token: OptionRules.Rule = {
  accepts: (value) => isSendable("authorization", value),
  words: `${OptionRules.secret.words}, without a line break or another sign that HTTP can't send in a header`,
}

const headers: OptionRules.Rule = {
  accepts: (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(value).every(([name, each]) => isSendable(name, each)),
  words: `a record of names and values that HTTP can send in headers, each value ${OptionRules.secret.words}`,
}

const rules: OptionRules.Rules<Omit<ServiceOptions, "url">> = {
  bearerToken: token,
  headers,
  deadlineMillis: OptionRules.waitMillis,
  connectTimeoutMillis: OptionRules.waitMillis,
  connections: OptionRules.wholeNumber(1),
  maxResponseBytes: OptionRules.wholeNumber(1),
}

/** The error to fail with where an option can't be used. Its name is as `nameOf` writes it. The URL is not looked at. */
export const problemOfServiceOptions = (
  options: Omit<ServiceOptions, "url">,
  nameOf?: (name: string) => string,
): InvalidArgument | undefined => OptionRules.problemOf(options, rules, nameOf)

/** The defaults of a service's options. */
export const serviceDefaults = {
  deadlineMillis: 10_000,
  connectTimeoutMillis: 3_000,
  connections: 32,
  maxResponseBytes: 64 * 1024 * 1024,
} as const

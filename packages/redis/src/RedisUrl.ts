/** The URL forms under which Redis instances are registered. */
import { InvalidArgument } from "@framedb/core"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"

/** Where a Redis listens and who asks. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  /** The database's number; 0 where the URL names none. */
  readonly database: number
  readonly username: string | undefined
  readonly password: Redacted.Redacted<string> | undefined
  /** Whether the connection is made with TLS. */
  readonly tls: boolean
}

/** The port of a URL that names none. */
const defaultPort = 6379

/** Registries in use write `http://` for the port of a database, too: it says nothing about what is spoken there. */
const schemes: Readonly<Record<string, { readonly tls: boolean }>> = {
  redis: { tls: false },
  rediss: { tls: true },
  http: { tls: false },
}

/** Says what is wrong, never with what: any part of a URL that can't be read may be a part of a password. */
const unusable = (problem: string): Result.Result<never, InvalidArgument> =>
  Result.fail(
    new InvalidArgument({
      argument: "url",
      message: `the instance's URL ${problem}; a Redis is reached at redis://user:password@host:port/database, with rediss:// for TLS`,
    }),
  )

const parseUrl = (text: string): URL | undefined => {
  // The scheme is put aside first, so that no scheme's own default port or syntax gets in the way.
  const url = `redis://${text}`
  return URL.canParse(url) ? new URL(url) : undefined
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const parseDatabase = (url: URL): number | undefined => {
  const path = url.pathname.replace(/^\//, "")
  const text = path === "" ? (url.searchParams.get("db") ?? "0") : path
  return /^\d{1,5}$/.test(text) ? Number(text) : undefined
}

const parsePort = (text: string): number | undefined => {
  const port = text === "" ? defaultPort : Number(text)
  return port > 0 ? port : undefined
}

/**
 * Reads `redis://`, `rediss://`, `http://host:port`, and `host`, `host:port` or `user:password@host:port` without a
 * scheme. Credentials are percent-encoded; the database is the path (`/3`) or `?db=3`, other parameters are ignored.
 * Fails with `InvalidArgument`, which shows nothing of the URL.
 */
export const parseRedisUrl = (redacted: Redacted.Redacted<string>): Result.Result<RedisAddress, InvalidArgument> => {
  const text = Redacted.value(redacted).trim()
  const [, scheme = "redis", rest = ""] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(.*)$/is.exec(text) ?? []
  const known = Object.hasOwn(schemes, scheme.toLowerCase()) ? schemes[scheme.toLowerCase()] : undefined
  if (known === undefined) return unusable("has a scheme that Redis does not have")
  const url = parseUrl(rest)
  if (url === undefined || url.hostname === "") return unusable("names no host, or can't be read")
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, "$1"))
  const username = decode(url.username)
  const password = decode(url.password)
  if (host === undefined || username === undefined || password === undefined) {
    return unusable("has a % that is not the beginning of a percent-encoded character")
  }
  const port = parsePort(url.port)
  if (port === undefined) return unusable("has the port 0")
  const database = parseDatabase(url)
  if (database === undefined) return unusable("has a path that is not the number of a database")
  return Result.succeed({
    host,
    port,
    database,
    username: username === "" ? undefined : username,
    password: password === "" ? undefined : Redacted.make(password),
    tls: known.tls,
  })
}

/**
 * The URLs under which registries name SQL instances: `mysql://…`, `mysql+pymysql://…`, `http://host:port` for what is a
 * database port, and a bare `host:port`. What is missing has the defaults of a TiDB deployment.
 */
import { InvalidArgument } from "@framedb/core"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { TiDBTlsOptions, TlsMode } from "./TiDBTlsOptions.ts"

/** Where a SQL server is, and as whom and into which database to log in. */
export interface SqlAddress {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  /** Default: 4000, TiDB's. */
  readonly port: number
  /** Default: `root`. */
  readonly user: string
  /** Default: empty. */
  readonly password: Redacted.Redacted<string>
  /** Default: `framedb`. */
  readonly database: string
  /** What the URL's query says of TLS; `undefined` where it says nothing. */
  readonly tls: TiDBTlsOptions | undefined
}

const sqlScheme = /^(?:mysql|mariadb|tidb|http)$|^(?:mysql|mariadb)\+[a-z0-9_.-]+$/
const schemeAndRest = /^([a-z][a-z0-9+._-]*):\/\/(.*)$/is

const refuse = (problem: string): Result.Result<never, InvalidArgument> =>
  Result.fail(new InvalidArgument({ argument: "url", message: `the instance's SQL URL can't be used: ${problem}` }))

/** Reads a URL. Fails with `InvalidArgument` for one that can't be used; the error shows nothing of it but its scheme. */
export const parseSqlUrl = (redacted: Redacted.Redacted<string>): Result.Result<SqlAddress, InvalidArgument> => {
  const text = Redacted.value(redacted).trim()
  const [, scheme, rest] = schemeAndRest.exec(text) ?? [undefined, undefined, text]
  if (scheme !== undefined && !sqlScheme.test(scheme.toLowerCase())) {
    return refuse(`the scheme is ${scheme}, expected mysql://, mysql+pymysql://, http:// or host:port`)
  }
  // A scheme that URL knows nothing about: with http it would drop the port 80 as the default one.
  const url = URL.parse(`sql://${rest}`)
  if (url === null || url.hostname === "") return refuse("expected [user[:password]@]host[:port][/database][?options]")
  const tls = tlsOf(url.searchParams)
  if (typeof tls === "string") return refuse(tls)
  const path = url.pathname.replace(/^\//, "").replace(/\/$/, "")
  if (path.includes("/")) return refuse("the path has more than one part, expected /database")
  const decoded = decode([url.hostname, url.username, url.password, path])
  if (decoded === undefined) return refuse("a part of it is not valid percent-encoding")
  const [host = "", user = "", password = "", database = ""] = decoded
  return Result.succeed({
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 4000 : Number(url.port),
    user: user === "" ? "root" : user,
    password: Redacted.make(password),
    database: database === "" ? "framedb" : database,
    tls,
  })
}

const decode = (parts: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
  try {
    return parts.map(decodeURIComponent)
  } catch {
    return undefined
  }
}

/** The words for how much of TLS is wanted, as MySQL's clients, JDBC, Go's and Python's drivers and libpq write them. */
const modes: Readonly<Record<string, TlsMode>> = {
  disabled: "disabled",
  disable: "disabled",
  false: "disabled",
  "0": "disabled",
  preferred: "preferred",
  prefer: "preferred",
  required: "required",
  require: "required",
  "skip-verify": "required",
  verifyca: "verifyCa",
  verifyidentity: "verifyIdentity",
  verifyfull: "verifyIdentity",
  true: "verifyIdentity",
  "1": "verifyIdentity",
}

const modeNames = new Set(["sslmode", "tls", "ssl", "usessl"])
const fileNames: Readonly<Record<string, "ca" | "cert" | "key">> = { sslca: "ca", sslcert: "cert", sslkey: "key" }

/** The TLS settings of a query, `undefined` where there are none, or a text that says which can't be understood. */
const tlsOf = (query: URLSearchParams): TiDBTlsOptions | undefined | string => {
  let mode: TlsMode | undefined
  const files: { ca?: string; cert?: string; key?: Redacted.Redacted<string> } = {}
  for (const [name, value] of query) {
    const plain = name.toLowerCase().replaceAll(/[-_]/g, "")
    const file = fileNames[plain]
    if (file === "key") files.key = Redacted.make(value)
    else if (file !== undefined) files[file] = value
    if (modeNames.has(plain)) {
      const word = value.toLowerCase()
      mode = modes[word] ?? modes[word.replaceAll(/[-_]/g, "")]
      if (mode === undefined) return `the option ${name} has a value that is not known`
    }
    // PyMySQL's and SQLAlchemy's way to ask for the check of the name.
    if (plain === "sslverifyidentity" && value.toLowerCase() === "true") mode = "verifyIdentity"
    if (plain === "sslverifycert" && value.toLowerCase() === "true") mode ??= "verifyCa"
  }
  if (mode === undefined && Object.keys(files).length === 0) return undefined
  return { mode: mode ?? "verifyIdentity", ...files }
}

/** How much of TLS a connection asks for, and with what. */
import { readFile } from "node:fs/promises"
import { InvalidArgument } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { SslOptions } from "mysql2"

/**
 * How much a connection insists on, in MySQL's own steps: nothing, encryption where the server has it, encryption,
 * a certificate of a known authority, and one that also names the host.
 */
export type TlsMode = "disabled" | "preferred" | "required" | "verifyCa" | "verifyIdentity"

/** TLS of a connection. `ca`, `cert` and `key` are PEM texts, or paths of files that hold one. */
export interface TiDBTlsOptions {
  /** Default: `verifyIdentity`. */
  readonly mode?: TlsMode
  /** The authorities to trust. Default: Node's own list. */
  readonly ca?: string
  /** The client's certificate, where the server asks for one. */
  readonly cert?: string
  /** The key of the client's certificate. */
  readonly key?: Redacted.Redacted<string>
}

/** A mode, and what the driver is given for it. */
export interface DriverTls {
  readonly mode: TlsMode
  /** `undefined`: no TLS. */
  readonly ssl: SslOptions | undefined
}

const strictness: Readonly<Record<TlsMode, number>> = {
  disabled: 0,
  preferred: 1,
  required: 2,
  verifyCa: 3,
  verifyIdentity: 4,
}

/**
 * Joins what an instance's URL says with the application's own settings. The stricter mode wins, so that a registry
 * can't turn off what the application asks for.
 */
export const joinTls = (fromUrl: TiDBTlsOptions | undefined, own: TiDBTlsOptions | undefined): TiDBTlsOptions => {
  const modeOf = (settings: TiDBTlsOptions | undefined): TlsMode =>
    settings === undefined ? "disabled" : (settings.mode ?? "verifyIdentity")
  const [urlMode, ownMode] = [modeOf(fromUrl), modeOf(own)]
  return { ...fromUrl, ...own, mode: strictness[urlMode] > strictness[ownMode] ? urlMode : ownMode }
}

const pemOf = Effect.fnUntraced(function* (name: string, value: string) {
  if (value.includes("-----BEGIN ")) return value
  return yield* Effect.tryPromise({
    try: () => readFile(value, "utf8"),
    catch: () =>
      new InvalidArgument({
        argument: `tls.${name}`,
        message: `neither PEM text nor the path of a file that can be read`,
      }),
  })
})

/** Turns settings into the driver's, reading the files that they name. */
export const driverTls = Effect.fnUntraced(function* (settings: TiDBTlsOptions) {
  const mode = settings.mode ?? "verifyIdentity"
  if (mode === "disabled") return { mode, ssl: undefined } satisfies DriverTls
  const ssl: SslOptions = {
    rejectUnauthorized: mode === "verifyCa" || mode === "verifyIdentity",
    // The driver's default is to take any certificate of a known authority, whatever host it names.
    verifyIdentity: mode === "verifyIdentity",
    minVersion: "TLSv1.2",
  }
  for (const name of ["ca", "cert", "key"] as const) {
    const value = settings[name]
    if (value !== undefined) ssl[name] = yield* pemOf(name, Redacted.isRedacted(value) ? Redacted.value(value) : value)
  }
  return { mode, ssl } satisfies DriverTls
})

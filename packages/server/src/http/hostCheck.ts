/**
 * Under which name a server without a token lets itself be asked.
 *
 * A page of another site can let its own name lead to this machine, by an answer of its DNS server that changes. Its browser then
 * takes this server for that site, and the page may ask it anything and read the answers. Such requests name that site as their
 * host; an address can't be made to lead elsewhere, and `localhost` is nobody's.
 */
import { isIP } from "node:net"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"

/** What decides whom a server answers. */
export interface HostOptions {
  /** The address or name that it listens on. */
  readonly host: string
  /** More names that it has. `undefined`: on this machine alone none, elsewhere any. */
  readonly allowedHosts: ReadonlyArray<string> | undefined
}

const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, "")

/** The name in a `host` header, or in a name with a port; `undefined` where there is none. */
const nameIn = (host: string): string | undefined => {
  const parsed = URL.parse(`http://${host}`)
  return parsed === null ? undefined : plainName(parsed.hostname)
}

const isLocalName = (name: string): boolean => name === "localhost" || name.endsWith(".localhost")

const isAddress = (name: string): boolean => isIP(name.replace(/^\[(.*)\]$/, "$1")) !== 0

/** Whether a server that listens there is reached from its own machine alone. */
const isLoopback = (host: string): boolean => isLocalName(plainName(host)) || /^127\.|^::1$/.test(host)

/** Gives whether a request asks under a name that the server has. */
export const hostCheck = ({ host, allowedHosts }: HostOptions): ((request: HttpServerRequest) => boolean) => {
  if (allowedHosts === undefined && !isLoopback(host)) return () => true
  const names = new Set((allowedHosts ?? []).map(plainName).concat(plainName(host)))
  return ({ headers }) => {
    // What no browser does: HTTP/1.0 knows no such header.
    if (headers["host"] === undefined) return true
    const name = nameIn(headers["host"])
    return name !== undefined && (isLocalName(name) || isAddress(name) || names.has(name))
  }
}

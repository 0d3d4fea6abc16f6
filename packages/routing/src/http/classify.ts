/**
 * What an HTTP status or a failed transport means to the caller, as two total tables.
 *
 * `maybeApplied` answers for writes: whether the server may have done what was asked although the call failed.
 */
import type { Classified } from "@framedb/core"

const refused = { tag: "Rejected", maybeApplied: false } as const
const notThisService = { tag: "Protocol", maybeApplied: false } as const
const unauthorized = { tag: "Unauthorized", maybeApplied: false } as const
const unreachable = { tag: "Unavailable", maybeApplied: false } as const
const lost = { tag: "Unavailable", maybeApplied: true } as const
const late = { tag: "Timeout", maybeApplied: true } as const
const garbled = { tag: "Protocol", maybeApplied: true } as const

const statuses: Readonly<Record<number, Classified>> = {
  400: refused,
  401: unauthorized,
  403: unauthorized,
  407: unauthorized,
  // The server gave up before it had the whole request.
  408: { tag: "Timeout", maybeApplied: false },
  409: refused,
  413: refused,
  414: refused,
  422: refused,
  425: { tag: "Overloaded", maybeApplied: false },
  429: { tag: "Overloaded", maybeApplied: false },
  431: refused,
  // A proxy reached the server, and then did not get its answer.
  502: lost,
  503: { tag: "Overloaded", maybeApplied: true },
  504: late,
}

/** What an answer with this status means, where it is not the success or the absence that the operation knows. */
export const classifyStatus = (status: number): Classified =>
  statuses[status] ?? (status >= 300 && status < 500 ? notThisService : garbled)

/** Codes of Node's sockets and HTTP client, and our own. */
const codes: Readonly<Record<string, Classified>> = {
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ENETDOWN: unreachable,
  EADDRNOTAVAIL: unreachable,
  EMFILE: { tag: "Overloaded", maybeApplied: false },
  ENFILE: { tag: "Overloaded", maybeApplied: false },
  // Ours: a connection that was not made in time.
  CONNECT_TIMEOUT: unreachable,
  ECONNRESET: lost,
  ECONNABORTED: lost,
  EPIPE: lost,
  ETIMEDOUT: lost,
  // Ours: no whole answer within the call's deadline.
  DEADLINE: late,
  // Ours: what came instead of an answer.
  NO_ANSWER: garbled,
  // Ours: an answer of more bytes than are read.
  RESPONSE_TOO_LONG: garbled,
  // A TLS handshake with something that does not speak TLS, or whom we have no reason to trust.
  EPROTO: notThisService,
  DEPTH_ZERO_SELF_SIGNED_CERT: notThisService,
  SELF_SIGNED_CERT_IN_CHAIN: notThisService,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notThisService,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notThisService,
  CERT_HAS_EXPIRED: notThisService,
  ERR_TLS_CERT_ALTNAME_INVALID: notThisService,
}

const unknown: Classified = { tag: "Unexpected", maybeApplied: true }

/**
 * What a failed transport means, by the code of what was thrown or, where it has none, by its name. Codes of the HTTP
 * parser all begin with `HPE_`.
 */
export const classifyCode = (code: string | undefined): Classified => {
  if (code === undefined) return unknown
  if (code.startsWith("HPE_")) return garbled
  return Object.hasOwn(codes, code) ? (codes[code] ?? unknown) : unknown
}

/** What an error of the driver, of the network or of the server means to the caller. */
import type { BackendReasonTag, Classified } from "@framedb/core"

const sure = (tag: BackendReasonTag): Classified => ({ tag, maybeApplied: false })
const unsure = (tag: BackendReasonTag): Classified => ({ tag, maybeApplied: true })

/** The server's refusals by their first word. A refused command has changed nothing. */
const replies: Readonly<Record<string, Classified>> = {
  // It can do so later.
  LOADING: sure("Overloaded"),
  BUSY: sure("Overloaded"),
  MASTERDOWN: sure("Overloaded"),
  CLUSTERDOWN: sure("Overloaded"),
  TRYAGAIN: sure("Overloaded"),
  NOREPLICAS: sure("Overloaded"),
  // A failover: the connection is made anew and may lead to the master then.
  READONLY: sure("Overloaded"),
  MOVED: sure("Overloaded"),
  ASK: sure("Overloaded"),
  // A blocked command that a failover ended.
  UNBLOCKED: sure("Overloaded"),
  // It will not do so for this user.
  NOAUTH: sure("Unauthorized"),
  WRONGPASS: sure("Unauthorized"),
  NOPERM: sure("Unauthorized"),
  DENIED: sure("Unauthorized"),
  // It will not do so.
  WRONGTYPE: sure("Rejected"),
  OOM: sure("Rejected"),
  MISCONF: sure("Rejected"),
  CROSSSLOT: sure("Rejected"),
  NOSCRIPT: sure("Rejected"),
  BUSYGROUP: sure("Rejected"),
  NOGROUP: sure("Rejected"),
  EXECABORT: sure("Rejected"),
  NOPROTO: sure("Protocol"),
  // Said by scripts of ours, before they have added anything.
  OUTOFORDER: sure("Rejected"),
  NOHEADERS: sure("Rejected"),
}

/** The refusals whose first word is a plain `ERR`, by what follows; the rest are commands that the server refuses. */
const plainReplies: ReadonlyArray<readonly [RegExp, Classified]> = [
  [/max number of clients|max clients/i, sure("Overloaded")],
  [/^ERR (invalid password|AUTH |Client sent AUTH)/i, sure("Unauthorized")],
  [/protocol error/i, sure("Protocol")],
]

/** Failures to get as far as a connection: nothing was sent. */
const connecting = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EMFILE",
  "ENFILE",
])

/** Failures of a connection that was there: what had been sent may have arrived. */
const connected = new Set(["ECONNRESET", "ECONNABORTED", "EPIPE", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"])

/** OpenSSL's words for a certificate that can't be trusted, the server's or ours. */
const certificate =
  /CERT|^ERR_SSL_.*ALERT_(BAD_CERTIFICATE|CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)|^ERR_TLS_|ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY/

/** What the driver says in words only. */
const messages: ReadonlyArray<readonly [RegExp, Classified]> = [
  [/^Stream isn't writeable|enableOfflineQueue options is false/, sure("Unavailable")],
  [/^None of startup nodes is available|^Cluster is ended|^All sentinels are unreachable/, sure("Unavailable")],
  [/^Failed to refresh slots cache|^No subscriber for the cluster/, sure("Unavailable")],
  [/^Too many Cluster redirections/, sure("Overloaded")],
  [/^Connection is closed|^Command aborted due to connection close/, unsure("Unavailable")],
  [/^Reached the max retries per request limit/, unsure("Unavailable")],
  [/^Command timed out|^Socket timeout/, unsure("Timeout")],
  [/^All (the )?keys in (a|the) pipeline/, sure("Rejected")],
  [/^Unknown RESP type|Please report this/, unsure("Protocol")],
]

/** A batch of writes of which one failed while others were, or may have been, applied. */
export class PartlyApplied extends Error {
  override readonly name = "PartlyApplied"
  /** Why the first one failed. */
  readonly failure: unknown

  constructor(failure: unknown) {
    super("a part of the batch failed")
    this.failure = failure
  }
}

const stringField = (error: object, field: "code" | "syscall"): string | undefined => {
  const value: unknown = field in error ? Reflect.get(error, field) : undefined
  return typeof value === "string" ? value : undefined
}

/** Before version 7 a server puts what a script's command was refused with behind words of its own. */
const inScript = /^ERR Error running script \(call to f_[0-9a-f]+\): (?:@user_script: ?\d+: )+-?(?=[A-Z]+\s)/

/** The first word of a server's refusal, also of a command in a script, such as `WRONGTYPE`; `undefined` for every other error. */
export const replyCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && thrown.name === "ReplyError"
    ? /^[A-Z]+(?=\s|$)/.exec(thrown.message.replace(inScript, ""))?.[0]
    : undefined

const ofReply = (code: string | undefined, message: string): Classified => {
  if (code === undefined) return unsure("Unexpected")
  if (code !== "ERR") return replies[code] ?? unsure("Unexpected")
  return plainReplies.find(([pattern]) => pattern.test(message))?.[1] ?? sure("Rejected")
}

const ofCode = (code: string, syscall: string | undefined): Classified | undefined => {
  if (connecting.has(code)) return sure("Unavailable")
  if (connected.has(code)) return unsure("Unavailable")
  // Where a connection was being made nothing was sent.
  if (code === "ETIMEDOUT") return syscall === "connect" ? sure("Timeout") : unsure("Timeout")
  if (certificate.test(code)) return sure("Unauthorized")
  // The last are what OpenSSL says of PEM texts that it can't read.
  if (code === "EPROTO" || /^ERR_(SSL|OSSL)_/.test(code)) return sure("Protocol")
  return undefined
}

/** Says what an error means; total and pure. What it does not know is `Unexpected`, and may have been applied. */
export const classify = (thrown: unknown): Classified => {
  if (thrown instanceof PartlyApplied) return { tag: classify(thrown.failure).tag, maybeApplied: true }
  if (!(thrown instanceof Error)) return unsure("Unexpected")
  if (thrown.name === "ReplyError") return ofReply(replyCode(thrown), thrown.message)
  // Of a cluster that no node described, and of a host with several addresses, the last or first part says why.
  if ("lastNodeError" in thrown && thrown.lastNodeError instanceof Error) return classify(thrown.lastNodeError)
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return classify(thrown.errors[0])
  const code = stringField(thrown, "code")
  const ofKnownCode = code === undefined ? undefined : ofCode(code, stringField(thrown, "syscall"))
  if (ofKnownCode !== undefined) return ofKnownCode
  if (thrown.name === "ParserError") return unsure("Protocol")
  return messages.find(([pattern]) => pattern.test(thrown.message))?.[1] ?? unsure("Unexpected")
}

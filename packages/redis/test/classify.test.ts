import type { BackendReasonTag } from "@framedb/core"
import { ReplyError } from "ioredis"
import { describe, expect, test } from "vitest"
import { classify, PartlyApplied, replyCode } from "../src/classify.ts"

// `ReplyError` is untyped in the driver; it is made from a message, as the driver does.
const reply = (message: string): Error => new ReplyError(message)

const withFields = (message: string, fields: Record<string, unknown>, name?: string): Error =>
  Object.assign(new Error(message), fields, name === undefined ? {} : { name })

const system = (code: string, syscall: string): Error => withFields(`${syscall} ${code} 127.0.0.1:1`, { code, syscall })

const tls = (code: string): Error => withFields("certificate", { code })

type Row = readonly [Error, BackendReasonTag]

/** As servers before version 7 say what a command in a script was refused with. */
const inScript = (words: string): Error =>
  reply(`ERR Error running script (call to f_${"0f".repeat(20)}): @user_script:4: ${words}`)

const rows = (tag: BackendReasonTag, errors: ReadonlyArray<Error>): ReadonlyArray<Row> =>
  errors.map((error) => [error, tag])

const notApplied: ReadonlyArray<Row> = [
  ...rows("Overloaded", [
    reply("LOADING Redis is loading the dataset in memory"),
    reply("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."),
    reply("READONLY You can't write against a read only replica."),
    inScript("@user_script: 4: -READONLY You can't write against a read only replica."),
    reply("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."),
    reply("CLUSTERDOWN The cluster is down"),
    reply("CLUSTERDOWN Hash slot not served"),
    reply("TRYAGAIN Multiple keys request during rehashing of slot"),
    reply("NOREPLICAS Not enough good replicas to write."),
    reply("MOVED 3999 127.0.0.1:6381"),
    reply("ERR max number of clients reached"),
    withFields("Too many Cluster redirections. Last error: ReplyError: MOVED 1 a:1", {}),
  ]),
  ...rows("Unauthorized", [
    reply("NOAUTH Authentication required."),
    reply("WRONGPASS invalid username-password pair or user is disabled."),
    reply("NOPERM this user has no permissions to run the 'set' command"),
    reply("DENIED Redis is running in protected mode because protected mode is enabled"),
    reply("ERR invalid password"),
    reply("ERR AUTH <password> called without any password configured for the default user."),
    tls("SELF_SIGNED_CERT_IN_CHAIN"),
    tls("DEPTH_ZERO_SELF_SIGNED_CERT"),
    tls("UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    tls("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"),
    tls("CERT_HAS_EXPIRED"),
    tls("ERR_TLS_CERT_ALTNAME_INVALID"),
    tls("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    tls("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"),
  ]),
  ...rows("Rejected", [
    reply("WRONGTYPE Operation against a key holding the wrong kind of value"),
    inScript("WRONGTYPE Operation against a key holding the wrong kind of value"),
    inScript("@user_script: 4: -OOM command not allowed when used memory > 'maxmemory'."),
    inScript("@user_script: 4: Unknown Redis command called from Lua script"),
    reply("OOM command not allowed when used memory > 'maxmemory'."),
    reply("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."),
    reply("CROSSSLOT Keys in request don't hash to the same slot"),
    reply("NOSCRIPT No matching script. Please use EVAL."),
    reply("NOHEADERS a list keeps no headers"),
    reply("BUSYGROUP Consumer Group name already exists"),
    reply("NOGROUP No such key 'q' or consumer group 'g' in XREADGROUP with GROUP option"),
    reply("EXECABORT Transaction discarded because of previous errors."),
    reply("ERR unknown command 'XACKDEL', with args beginning with: "),
    reply("ERR string exceeds maximum allowed size (proto-max-bulk-len)"),
    reply("ERR syntax error"),
  ]),
  ...rows("Protocol", [
    reply("NOPROTO unsupported protocol version"),
    reply("ERR Protocol error: invalid multibulk length"),
    withFields("wrong version number", { code: "ERR_SSL_WRONG_VERSION_NUMBER" }),
    withFields("PEM routines::bad base64 decode", { code: "ERR_OSSL_PEM_BAD_BASE64_DECODE" }),
    withFields("write EPROTO", { code: "EPROTO", syscall: "write" }),
  ]),
  ...rows("Unavailable", [
    system("ECONNREFUSED", "connect"),
    system("EHOSTUNREACH", "connect"),
    system("ENETUNREACH", "connect"),
    withFields("getaddrinfo ENOTFOUND nowhere", { code: "ENOTFOUND", syscall: "getaddrinfo" }),
    withFields("getaddrinfo EAI_AGAIN nowhere", { code: "EAI_AGAIN", syscall: "getaddrinfo" }),
    new AggregateError([system("ECONNREFUSED", "connect"), system("ECONNREFUSED", "connect")]),
    new Error("Stream isn't writeable and enableOfflineQueue options is false"),
    new Error("Cluster isn't ready and enableOfflineQueue options is false"),
    new Error("None of startup nodes is available"),
    new Error("All sentinels are unreachable and retry is disabled. Last error: connect ECONNREFUSED"),
    new Error("Failed to refresh slots cache."),
    withFields("Failed to refresh slots cache.", { lastNodeError: system("ECONNREFUSED", "connect") }),
  ]),
  ...rows("Timeout", [system("ETIMEDOUT", "connect")]),
]

const maybeApplied: ReadonlyArray<Row> = [
  ...rows("Unavailable", [
    new Error("Connection is closed."),
    system("ECONNRESET", "read"),
    system("EPIPE", "write"),
    withFields("Command aborted due to connection close", {}, "AbortError"),
    withFields("Reached the max retries per request limit (which is 0).", {}, "MaxRetriesPerRequestError"),
  ]),
  ...rows("Timeout", [
    system("ETIMEDOUT", "read"),
    new Error("Command timed out"),
    new Error("Socket timeout. Expecting data, but didn't receive any in 5000ms."),
  ]),
  ...rows("Protocol", [
    new Error('Unknown RESP type 72 "H". Please report this.'),
    withFields("Protocol error", {}, "ParserError"),
  ]),
  ...rows("Unexpected", [
    reply("WHATEVER a newer server says"),
    reply("no code at all"),
    new TypeError("undefined is not a function"),
    withFields("something else", { code: "ESOMETHING" }),
  ]),
]

describe("an error", () => {
  test.each(notApplied)("%s says that nothing was applied, and is %s", (error, tag) => {
    expect(classify(error)).toEqual({ tag, maybeApplied: false })
  })

  test.each(maybeApplied)("%s says that a write may have been applied, and is %s", (error, tag) => {
    expect(classify(error)).toEqual({ tag, maybeApplied: true })
  })

  test.each([undefined, null, "text", 7, {}, Symbol("s")])("%s was thrown, and is Unexpected", (thrown) => {
    expect(classify(thrown)).toEqual({ tag: "Unexpected", maybeApplied: true })
  })

  test("of a part of a batch means what the part means, and that another may have been applied", () => {
    expect(classify(new PartlyApplied(reply("OOM command not allowed")))).toEqual({
      tag: "Rejected",
      maybeApplied: true,
    })
  })

  test("has a code only where the server gave one", () => {
    expect(replyCode(reply("WRONGTYPE Operation"))).toBe("WRONGTYPE")
    expect(replyCode(inScript("@user_script: 4: -READONLY You can't write against a read only replica."))).toBe(
      "READONLY",
    )
    expect(replyCode(inScript("NOGROUP No such key 'q' or consumer group 'g'"))).toBe("NOGROUP")
    expect(replyCode(inScript("@user_script: 4: Unknown Redis command called from Lua script"))).toBe("ERR")
    expect(replyCode(new Error("WRONGTYPE Operation"))).toBeUndefined()
    expect(replyCode("WRONGTYPE")).toBeUndefined()
  })
})

import { assert, describe, it } from "@effect/vitest"
import { BackendError, type BackendReasonTag, backendReason } from "@framedb/core"
import { classify } from "../src/classify.ts"
import { PoolError } from "../src/SqlFailure.ts"

/** As mysql2 makes it of a server's error packet. */
const server = (errno: number, code?: string) =>
  Object.assign(new Error(`told by the server: ${errno}`), { errno, code, sqlState: "HY000", sqlMessage: "told" })

/** As Node makes it: these carry a negative number of their own. */
const node = (code: string) =>
  Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { errno: -111, code, fatal: true })

/** As mysql2 makes it by itself. */
const driver = (code: string | undefined, message: string) => Object.assign(new Error(message), { code, fatal: true })

const table: ReadonlyArray<readonly [what: string, thrown: unknown, tag: BackendReasonTag, maybeApplied: boolean]> = [
  ["wrong password", server(1045, "ER_ACCESS_DENIED_ERROR"), "Unauthorized", false],
  ["no right to a database", server(1044, "ER_DBACCESS_DENIED_ERROR"), "Unauthorized", false],
  ["no right to a table", server(1142, "ER_TABLEACCESS_DENIED_ERROR"), "Unauthorized", false],
  ["MariaDB: wrong plugin for this user", server(1698, "ER_ACCESS_DENIED_NO_PASSWORD_ERROR"), "Unauthorized", false],
  ["too many connections", server(1040, "ER_CON_COUNT_ERROR"), "Overloaded", false],
  ["too many connections of a user", server(1203, "ER_TOO_MANY_USER_CONNECTIONS"), "Overloaded", false],
  ["too many prepared statements", server(1461, "ER_MAX_PREPARED_STMT_COUNT_REACHED"), "Overloaded", false],
  ["deadlock", server(1213, "ER_LOCK_DEADLOCK"), "Overloaded", false],
  ["lock wait", server(1205, "ER_LOCK_WAIT_TIMEOUT"), "Overloaded", false],
  ...[8002, 8005, 8022, 8027, 8028, 8120, 9007].map((n) => [`TiDB ${n}`, server(n), "Overloaded", false] as const),
  ...[9001, 9002, 9003, 9004, 9005, 9008].map((n) => [`TiKV ${n}`, server(n), "Overloaded", false] as const),
  ["shutting down", server(1053, "ER_SERVER_SHUTDOWN"), "Unavailable", true],
  ["connection killed", server(1927, "ER_CONNECTION_KILLED"), "Unavailable", true],
  ["read-only after a failover", server(1290, "ER_OPTION_PREVENTS_STATEMENT"), "Unavailable", false],
  ["server's statement limit", server(1969, "ER_STATEMENT_TIMEOUT"), "Timeout", false],
  ["no database", server(1049, "ER_BAD_DB_ERROR"), "Rejected", false],
  ["no table", server(1146, "ER_NO_SUCH_TABLE"), "Rejected", false],
  ["data too long", server(1406, "ER_DATA_TOO_LONG"), "Rejected", false],
  ["packet too large", server(1153, "ER_NET_PACKET_TOO_LARGE"), "Rejected", false],
  ...[8001, 8004, 8025, 8229, 8252, 9006, 9500].map((n) => [`TiDB ${n}`, server(n), "Rejected", false] as const),
  ["an answer that no table knows", server(4242), "Unexpected", false],
  ["connection refused", node("ECONNREFUSED"), "Unavailable", false],
  ["no such host", node("ENOTFOUND"), "Unavailable", false],
  ["reset", node("ECONNRESET"), "Unavailable", true],
  ["broken pipe", node("EPIPE"), "Unavailable", true],
  ["lost", driver("PROTOCOL_CONNECTION_LOST", "Connection lost"), "Unavailable", true],
  [
    "used after its end",
    driver(undefined, "Can't add new command when connection is in closed state"),
    "Unavailable",
    true,
  ],
  ["timed out", node("ETIMEDOUT"), "Timeout", true],
  ["the driver's own timeout", driver("PROTOCOL_SEQUENCE_TIMEOUT", "Query inactivity timeout"), "Timeout", true],
  ["a way to log in that is not known", driver("AUTH_SWITCH_PLUGIN_ERROR", "unknown plugin x"), "Unauthorized", false],
  ["the password in the clear", driver("MYSQL_CLEAR_PASSWORD_NOT_ENABLED", "disabled"), "Unauthorized", false],
  ["no TLS there", driver("HANDSHAKE_NO_SSL_SUPPORT", "Server does not support secure connection"), "Protocol", false],
  ["a certificate of nobody's", driver("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"), "Protocol", false],
  ["a certificate of another host", driver("ERR_TLS_CERT_ALTNAME_INVALID", "does not match"), "Protocol", false],
  ["not MySQL at all", driver("PROTOCOL_UNEXPECTED_PACKET", "Unexpected packet"), "Protocol", true],
  ["not MySQL from its first bytes on", new PoolError("POOL_NOT_SQL", "HTTP"), "Protocol", false],
  ["statement over its deadline", new PoolError("POOL_STATEMENT_TIMEOUT", "late"), "Timeout", true],
  ["connecting over its deadline", new PoolError("POOL_CONNECT_TIMEOUT", "late"), "Timeout", false],
  ["waiting over its deadline", new PoolError("POOL_ACQUIRE_TIMEOUT", "busy"), "Timeout", false],
  ["full line", new PoolError("POOL_FULL", "full"), "Overloaded", false],
  ["closed", new PoolError("POOL_CLOSED", "closed"), "Unavailable", true],
  ["a bug", new TypeError("x is not a function"), "Unexpected", true],
  ["no error at all", "text", "Unexpected", true],
  ["nothing", undefined, "Unexpected", true],
]

describe("classify", () => {
  for (const [what, thrown, tag, maybeApplied] of table) {
    it(`${what}: ${tag}${maybeApplied ? ", maybe applied" : ""}`, () =>
      assert.deepStrictEqual(classify(thrown), { tag, maybeApplied }))
  }

  it("lets what lost a conflict be tried again, and what will be refused again not", () => {
    const isRetryable = (errno: number) => {
      const { tag, maybeApplied } = classify(server(errno))
      const reason = backendReason(tag, server(errno))
      return new BackendError({ backend: "sql", operation: "setMany", reason, maybeApplied }).isRetryable
    }
    for (const errno of [8002, 8005, 8022, 8028, 9007, 1213, 1205, 9001, 9005, 9008, 8120, 8027, 1040, 1203, 1053]) {
      assert.isTrue(isRetryable(errno), String(errno))
    }
    for (const errno of [8001, 8004, 8025, 8229, 8252, 9006, 9500, 1045]) {
      assert.isFalse(isRetryable(errno), String(errno))
    }
  })
})

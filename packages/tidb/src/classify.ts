/**
 * What an error of mysql2, of the server behind it, or of the pool means to a caller: one table of numbers, one of codes.
 *
 * `maybeApplied` answers for a statement that was sent. A server that answers with an error has rolled the statement
 * back, but for the few numbers that tell of a connection which ended in the middle.
 */
import type { BackendReasonTag, Classified } from "@framedb/core"
import { codeOf, errnoOf, isServers } from "./SqlFailure.ts"

/** Numbers of MySQL, MariaDB and TiDB whose statement was rolled back, or never began. */
const byErrno: Readonly<Partial<Record<BackendReasonTag, ReadonlyArray<number>>>> = {
  Unauthorized: [
    1044, 1045, 1142, 1143, 1227, 1370, 1698,
    // The account is locked, its password has expired or is too old, its authentication plugin is missing or refuses.
    1251, 1524, 1820, 1862, 3118, 3159, 3878, 4151,
  ],
  Overloaded: [
    // Too many connections, of all, of this user; out of resources; too many prepared statements; blocked host.
    1040, 1041, 1129, 1135, 1203, 1226, 1461,
    // Deadlock, lock wait, changed meanwhile: the transaction lost, and may win when it is run again.
    1020, 1205, 1213, 1412, 1614, 1615, 3572,
    // TiDB: a conflict, a schema change or a lock conflict in the middle of a transaction: run it again.
    8002, 8005, 8022, 8027, 8028, 8120, 9007,
    // TiKV and PD: busy, timed out, resolving locks, region unavailable.
    9001, 9002, 9003, 9004, 9005, 9008, 9010, 9011, 9012, 9013,
  ],
  Unavailable: [
    // The server is read-only (a failover): another one takes writes. A proxy has forgotten what was prepared.
    1290, 1792, 1836, 1209, 3100, 3101, 1243,
  ],
  Timeout: [
    // A statement over the server's own time limit, in MariaDB, MySQL and TiDB; killed by somebody.
    1317, 1969, 3024,
  ],
  Rejected: [
    // No such database, table, column; the table is full; too large; too long; not this character set.
    1021, 1046, 1049, 1054, 1064, 1114, 1118, 1146, 1153, 1162, 1235, 1264, 1366, 1390, 1406, 1048, 1062, 1364, 3988,
    // TiDB: quotas and limits of a transaction or a row, statements that it never takes.
    8001, 8004, 8025, 8130, 8229, 8252, 9006, 9500,
  ],
  Protocol: [
    // Handshake and packets that the other side does not understand.
    1043, 1047, 1156, 1157, 1158, 1160,
  ],
}

/** Numbers that tell of a connection or a server that ended; a COMMIT that was on its way may have landed. */
const lostErrno: ReadonlyArray<number> = [1053, 1077, 1079, 1080, 1152, 1159, 1161, 1184, 1927, 4031]

/** Names that Node, mysql2 and the pool give, for want of a server's number. */
const byCode: Readonly<Record<string, Classified>> = {
  ECONNREFUSED: { tag: "Unavailable", maybeApplied: false },
  ENOTFOUND: { tag: "Unavailable", maybeApplied: false },
  EAI_AGAIN: { tag: "Unavailable", maybeApplied: false },
  EHOSTUNREACH: { tag: "Unavailable", maybeApplied: true },
  ENETUNREACH: { tag: "Unavailable", maybeApplied: true },
  ECONNRESET: { tag: "Unavailable", maybeApplied: true },
  ECONNABORTED: { tag: "Unavailable", maybeApplied: true },
  EPIPE: { tag: "Unavailable", maybeApplied: true },
  PROTOCOL_CONNECTION_LOST: { tag: "Unavailable", maybeApplied: true },
  EMFILE: { tag: "Overloaded", maybeApplied: false },
  ENFILE: { tag: "Overloaded", maybeApplied: false },
  EADDRNOTAVAIL: { tag: "Overloaded", maybeApplied: false },
  ETIMEDOUT: { tag: "Timeout", maybeApplied: true },
  PROTOCOL_SEQUENCE_TIMEOUT: { tag: "Timeout", maybeApplied: true },
  PROTOCOL_ERROR: { tag: "Protocol", maybeApplied: true },
  PROTOCOL_UNEXPECTED_PACKET: { tag: "Protocol", maybeApplied: true },
  // The driver's parser has run over the end of a packet.
  ERR_OUT_OF_RANGE: { tag: "Protocol", maybeApplied: true },
  ERR_BUFFER_OUT_OF_BOUNDS: { tag: "Protocol", maybeApplied: true },
  // The server asks for a way to log in that the driver does not have, or that would show the password.
  AUTH_SWITCH_PLUGIN_ERROR: { tag: "Unauthorized", maybeApplied: false },
  MYSQL_CLEAR_PASSWORD_NOT_ENABLED: { tag: "Unauthorized", maybeApplied: false },
  HANDSHAKE_NO_SSL_SUPPORT: { tag: "Protocol", maybeApplied: false },
  HANDSHAKE_SSL_ERROR: { tag: "Protocol", maybeApplied: false },
  HANDSHAKE_UNKNOWN_ERROR: { tag: "Protocol", maybeApplied: false },
  POOL_ACQUIRE_TIMEOUT: { tag: "Timeout", maybeApplied: false },
  POOL_CLOSED: { tag: "Unavailable", maybeApplied: true },
  POOL_CONNECT_TIMEOUT: { tag: "Timeout", maybeApplied: false },
  POOL_FULL: { tag: "Overloaded", maybeApplied: false },
  POOL_NOT_SENT: { tag: "Protocol", maybeApplied: true },
  POOL_NOT_SQL: { tag: "Protocol", maybeApplied: false },
  POOL_STATEMENT_TIMEOUT: { tag: "Timeout", maybeApplied: true },
}

/** Names of everything that a certificate or a TLS handshake can fail with in Node. */
const tlsCode = /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH$|EPROTO$)/

const tags: ReadonlyArray<BackendReasonTag> = [
  "Unauthorized",
  "Overloaded",
  "Unavailable",
  "Timeout",
  "Rejected",
  "Protocol",
]

const entriesOf = (tag: BackendReasonTag, maybeApplied: boolean, errnos: ReadonlyArray<number> = []) =>
  errnos.map((errno): [number, Classified] => [errno, { tag, maybeApplied }])

const errnoTable: ReadonlyMap<number, Classified> = new Map([
  ...tags.flatMap((tag) => entriesOf(tag, false, byErrno[tag])),
  ...entriesOf("Unavailable", true, lostErrno),
])

/** The driver's error for a connection that ended before this statement has no code. */
const closedState = /in closed state$/

/** Judges anything that was thrown. What no table knows is `Unexpected`, and may have been applied. */
export const classify = (thrown: unknown): Classified => {
  const errno = errnoOf(thrown)
  const known = errno === undefined ? undefined : errnoTable.get(errno)
  if (known !== undefined) return known
  // A number that the table lacks is still the server's own answer: the statement was rolled back.
  const code = codeOf(thrown)
  const named = code === undefined ? undefined : byCode[code]
  if (named !== undefined) return named
  if (code !== undefined && tlsCode.test(code)) return { tag: "Protocol", maybeApplied: false }
  if (errno !== undefined && isServers(thrown)) return { tag: "Unexpected", maybeApplied: false }
  if (thrown instanceof Error && closedState.test(thrown.message)) return { tag: "Unavailable", maybeApplied: true }
  return { tag: "Unexpected", maybeApplied: true }
}

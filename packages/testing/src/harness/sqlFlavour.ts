/** Which SQL server this machine has. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import { findCommand } from "./findCommand.ts"
import { howToInstall } from "./packages.ts"
import { ServerError } from "./ServerError.ts"

/** The SQL servers that the harness can start, in the order in which it prefers them. */
export type SqlFlavour = "tidb" | "mysql" | "mariadb"

/** A SQL server of this machine. */
export interface FoundSqlServer {
  readonly flavour: SqlFlavour
  /** The program's path. */
  readonly command: string
}

const find = async (): Promise<FoundSqlServer> => {
  const tidb = findCommand("tidb-server")
  if (tidb !== undefined) return { flavour: "tidb", command: tidb }
  const mysql = findCommand("mysqld")
  if (mysql !== undefined) {
    // MariaDB's packages install a `mysqld` too.
    const { stdout } = await promisify(execFile)(mysql, ["--no-defaults", "--version"])
    return { flavour: stdout.includes("MariaDB") ? "mariadb" : "mysql", command: mysql }
  }
  const mariadb = findCommand("mariadbd")
  if (mariadb !== undefined) return { flavour: "mariadb", command: mariadb }
  throw new ServerError({ server: "sql", problem: howToInstall("mariadbd"), log: "" })
}

/** Finds tidb-server, else mysqld, else mariadbd on the PATH; where there is none, the error says what to install. */
export const findSqlFlavour: Effect.Effect<FoundSqlServer, ServerError> = Effect.tryPromise({
  try: find,
  catch: (cause) =>
    cause instanceof ServerError ? cause : new ServerError({ server: "sql", problem: String(cause), log: "" }),
})

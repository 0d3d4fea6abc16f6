/** One private SQL server: TiDB where there is one on the PATH, else MySQL, else MariaDB. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createConnection } from "mysql2/promise"
import { makeServer, type Server } from "./Server.ts"
import { ServerError } from "./ServerError.ts"
import type { RunProgram, ServerPlace } from "./ServerProcess.ts"
import { type Certificate, certificateFiles, makeCertificate, readCertificate } from "./selfSigned.ts"
import { findSqlFlavour, type SqlFlavour } from "./sqlFlavour.ts"

/** How a private SQL server is set up. Every one has a user root without a password and a database framedb. */
export interface SqlServerOptions {
  /** One more user, with every right on the database and a password. Default: none. */
  readonly user?: { readonly name: string; readonly password: string }
  /** Whether it speaks TLS too, with a certificate of its own; plain connections stay possible. Default: false. */
  readonly tls?: boolean
  /** What its certificate names, such as `DNS:localhost`. Default: 127.0.0.1 and localhost. */
  readonly certifiedNames?: ReadonlyArray<string>
  /**
   * Whether each commit is synced to the disk, as MySQL and MariaDB do unless told otherwise, and TiDB always. Default: false,
   * which saves tests the time: what was committed survives a killed server, though not a power failure.
   */
  readonly isDurable?: boolean
  /** More arguments of the server, such as `["--max-connections=10"]`; they win over those of the harness. */
  readonly args?: ReadonlyArray<string>
}

/** A running private SQL server; its `url` is root's. */
export interface SqlServerHandle extends Server {
  /** What runs, since limits and error codes differ. */
  readonly flavour: SqlFlavour
  /** The URL of the database for another user. */
  readonly urlFor: (user: { readonly name: string; readonly password: string }) => string
  /** What a client must trust, where the server speaks TLS. */
  readonly certificate: Certificate | undefined
}

/** The private SQL server of a layer. */
export class SqlServer extends Context.Service<SqlServer, SqlServerHandle>()("@framedb/testing/SqlServer") {}

const database = "framedb"

const isRoot = (): boolean => process.getuid?.() === 0

/** MySQL and MariaDB refuse to run as root unless they are told to. */
const asUser = (): ReadonlyArray<string> => (isRoot() ? ["--user=root"] : [])

const dataDirectory = (place: ServerPlace): string => join(place.directory, "data")

/** TiDB takes its certificate from a configuration file only. */
const tidbConfiguration = (directory: string): string => join(directory, "tidb.toml")

const mysqlTls = ({ directory }: ServerPlace): ReadonlyArray<string> => {
  const { certificate, key } = certificateFiles(directory)
  return [`--ssl-cert=${certificate}`, `--ssl-key=${key}`, `--ssl-ca=${certificate}`]
}

const tlsArguments: Record<SqlFlavour, (place: ServerPlace) => ReadonlyArray<string>> = {
  tidb: ({ directory }) => ["-config", tidbConfiguration(directory)],
  mysql: mysqlTls,
  mariadb: mysqlTls,
}

const prepareTls = async (
  flavour: SqlFlavour,
  { directory }: ServerPlace,
  run: RunProgram,
  { certifiedNames }: SqlServerOptions,
): Promise<void> => {
  await makeCertificate(directory, run, certifiedNames)
  if (flavour !== "tidb") return
  const { certificate, key } = certificateFiles(directory)
  await writeFile(tidbConfiguration(directory), `[security]\nssl-cert = "${certificate}"\nssl-key = "${key}"\n`)
}

const mysqlArguments = (place: ServerPlace): ReadonlyArray<string> => [
  "--no-defaults",
  ...asUser(),
  `--datadir=${dataDirectory(place)}`,
  "--bind-address=127.0.0.1",
  "--skip-networking=OFF",
  `--port=${place.port}`,
  // Relative to the data directory, because the path of a socket is limited to about a hundred bytes.
  "--socket=server.sock",
  `--pid-file=${join(place.directory, "mysqld.pid")}`,
  "--performance-schema=OFF",
  "--innodb-buffer-pool-size=64M",
  // TiDB's default.
  "--max-allowed-packet=64M",
]

const withoutSync: Record<SqlFlavour, ReadonlyArray<string>> = {
  tidb: [],
  mysql: ["--innodb-flush-log-at-trx-commit=2"],
  mariadb: ["--innodb-flush-log-at-trx-commit=2"],
}

const argumentsOf: Record<SqlFlavour, (place: ServerPlace) => ReadonlyArray<string>> = {
  tidb: (place) => [
    ...["-host", "127.0.0.1", "-P", String(place.port), "-store", "unistore", "-path", dataDirectory(place)],
    ...["-socket", "", "-report-status=false", "-L", "error"],
  ],
  mysql: (place) => [...mysqlArguments(place), "--mysqlx=OFF", "--skip-log-bin"],
  mariadb: mysqlArguments,
}

type PrepareData = (place: ServerPlace, run: RunProgram, command: string) => Promise<void>

const prepareData: Record<SqlFlavour, PrepareData> = {
  tidb: async () => {},
  mysql: (place, run, command) =>
    run(command, ["--no-defaults", ...asUser(), "--initialize-insecure", `--datadir=${dataDirectory(place)}`]),
  mariadb: (place, run) =>
    run("mariadb-install-db", [
      ...["--no-defaults", ...asUser(), `--datadir=${dataDirectory(place)}`],
      ...["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
    ]),
}

const asRoot = async (port: number, statements: ReadonlyArray<string>): Promise<void> => {
  const connection = await createConnection({ host: "127.0.0.1", port, user: "root", connectTimeout: 2_000 })
  // What goes wrong is told by the rejected call.
  connection.on("error", () => {})
  try {
    for (const statement of statements) await connection.query({ sql: statement, timeout: 10_000 })
  } finally {
    connection.destroy()
  }
}

const setUp = (port: number, options: SqlServerOptions) =>
  Effect.tryPromise({
    try: () => {
      const statements = [`CREATE DATABASE IF NOT EXISTS ${database} CHARACTER SET utf8mb4`]
      if (options.user !== undefined) {
        const literal = (text: string) => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`
        const user = `${literal(options.user.name)}@'%'`
        statements.push(`CREATE USER ${user} IDENTIFIED BY ${literal(options.user.password)}`)
        statements.push(`GRANT ALL ON ${database}.* TO ${user}`)
      }
      return asRoot(port, statements)
    },
    catch: (cause) => new ServerError({ server: "sql", problem: `setting up ${database}: ${String(cause)}`, log: "" }),
  })

/** Starts a private SQL server on a free port. */
export const make = Effect.fnUntraced(function* (options: SqlServerOptions = {}) {
  const { flavour, command } = yield* findSqlFlavour
  const server = yield* makeServer({
    name: flavour,
    command,
    args: (place) => [
      ...argumentsOf[flavour](place),
      ...(options.isDurable === true ? [] : withoutSync[flavour]),
      ...(options.tls === true ? tlsArguments[flavour](place) : []),
      ...(options.args ?? []),
    ],
    prepare: async (place, run) => {
      if (options.tls === true) await prepareTls(flavour, place, run, options)
      await prepareData[flavour](place, run, command)
    },
    answers: ({ port }) => asRoot(port, ["SELECT 1"]),
    url: (port) => `mysql://root@127.0.0.1:${port}/${database}`,
  })
  yield* setUp(server.port, options)
  const handle: SqlServerHandle = {
    ...server,
    flavour,
    urlFor: ({ name, password }) =>
      `mysql://${encodeURIComponent(name)}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${database}`,
    certificate: options.tls === true ? yield* readCertificate(server.directory) : undefined,
  }
  return handle
})

/** A private SQL server for as long as the layer lives. */
export const layer = (options: SqlServerOptions = {}) => Layer.effect(SqlServer, make(options))

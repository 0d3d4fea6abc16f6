import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const bench = fileURLToPath(new URL("../", import.meta.url))

/** Servers by the driver that a benchmark of them imports; the first that is installed is the one that is started. */
const servers: Readonly<Record<string, ReadonlyArray<string>>> = {
  ioredis: ["redis-server"],
  mysql2: ["tidb-server", "mysqld", "mariadbd"],
}

/** What a manifest has that is asked for here. */
interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

// Manifests are written by package managers, which keep to this form.
const manifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

const sourcesBeside = (file: string): string =>
  readdirSync(dirname(file))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(dirname(file), name), "utf8"))
    .join("\n")

const serverVersion = (driver: string): ReadonlyArray<string> => {
  for (const server of servers[driver] ?? []) {
    try {
      const [line = ""] = execFileSync(server, ["--version"], { encoding: "utf8", stdio: "pipe" }).split("\n")
      return [`${server} ${/\d+\.\d+(\.\d+)?/.exec(line)?.[0] ?? line}`]
    } catch {
      // It is not installed.
    }
  }
  return []
}

/** Names and versions of the published packages and of the servers that a benchmark, and what lies beside it, works with. */
export const peers = (file: string): string => {
  const sources = sourcesBeside(file)
  const names = Object.entries(manifest(bench).dependencies ?? {})
    .filter(([name, range]) => !range.startsWith("workspace:") && sources.includes(`from "${name}`))
    .map(([name]) => name)
  const packages = names.map((name) => `${name} ${manifest(join(bench, "node_modules", name)).version ?? ""}`)
  return [...packages, ...names.flatMap(serverVersion)].join(", ")
}

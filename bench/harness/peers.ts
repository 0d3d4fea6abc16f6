import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const bench = fileURLToPath(new URL("../", import.meta.url))

/** Names packages, and works with none. */
const harness = join(bench, "harness/")

/** Servers by the driver that a benchmark of them imports; the first that is installed is the one that is started. */
const servers: Readonly<Record<string, ReadonlyArray<string>>> = {
  ioredis: ["redis-server"],
  mysql2: ["tidb-server", "mysqld", "mariadbd"],
}

/** Drivers by the package of ours that speaks through them: a benchmark of it works with the driver, too. */
const drivers: Readonly<Record<string, string>> = {
  "@framedb/redis": "ioredis",
  "@framedb/tidb": "mysql2",
  "@framedb/s3": "@aws-sdk/client-s3",
}

/** What a manifest has that is asked for here. */
interface Manifest {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

// Manifests are written by package managers, which keep to this form.
const manifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

/** A file of ours that another one names: as an import, or as what it starts in a process of its own. */
const named = /"([\w./-]+\.ts)"/g

/** The text of a file and of every file of the benchmarks that it names, and so on. */
const sourcesOf = (file: string, seen = new Set<string>()): string => {
  if (seen.has(file) || !file.startsWith(bench) || file.startsWith(harness) || !existsSync(file)) return ""
  seen.add(file)
  const source = readFileSync(file, "utf8")
  const others = [...source.matchAll(named)].map(([, name = ""]) => sourcesOf(resolve(dirname(file), name), seen))
  return [source, ...others].join("\n")
}

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

/** Names and versions of the published packages and of the servers that a benchmark works with, in all its files. */
export const peers = (file: string): string => {
  const sources = sourcesOf(file)
  const mentioned = (name: string) => sources.includes(`"${name}"`) || sources.includes(`"${name}/`)
  const driven = Object.entries(drivers).flatMap(([ours, driver]) => (mentioned(ours) ? [driver] : []))
  const names = Object.entries(manifest(bench).dependencies ?? {})
    .filter(([name, range]) => !range.startsWith("workspace:") && (mentioned(name) || driven.includes(name)))
    .map(([name]) => name)
  const packages = names.map((name) => `${name} ${manifest(join(bench, "node_modules", name)).version ?? ""}`)
  return [...packages, ...names.flatMap(serverVersion)].join(", ")
}

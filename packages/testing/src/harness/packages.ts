/** The programs that the harness starts, and how they get onto a machine. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { findCommand } from "./findCommand.ts"
import { ServerError } from "./ServerError.ts"

interface Requirement {
  /** One of these has to be there. */
  readonly anyOf: ReadonlyArray<string>
  /** Debian's packages that bring one. */
  readonly packages: ReadonlyArray<string>
}

/** The `-core` packages are the bare programs: no service, no system user, no questions. */
const requirements: ReadonlyArray<Requirement> = [
  { anyOf: ["redis-server"], packages: ["redis-server"] },
  { anyOf: ["tidb-server", "mysqld", "mariadbd"], packages: ["mariadb-server-core", "mariadb-client-core"] },
  { anyOf: ["openssl"], packages: ["openssl"] },
]

const missing = (): ReadonlyArray<Requirement> =>
  requirements.filter(({ anyOf }) => anyOf.every((command) => findCommand(command) === undefined))

const packagesOf = (absent: ReadonlyArray<Requirement>): ReadonlyArray<string> =>
  absent.flatMap(({ packages }) => packages)

const toInstall = (absent: ReadonlyArray<Requirement>): string => {
  const commands = absent.map(({ anyOf }) => anyOf.join(" or ")).join(", ")
  return `not installed: ${commands}. On Debian: apt-get install ${packagesOf(absent).join(" ")}`
}

/** Tells a person how to get one program of the harness. */
export const howToInstall = (command: string): string =>
  toInstall([requirements.find(({ anyOf }) => anyOf.includes(command)) ?? { anyOf: [command], packages: [command] }])

/**
 * Installs without asking, and without starting what is installed: a policy-rc.d that forbids it is there for the length
 * of the call, unless the machine has one of its own.
 */
const installScript = `
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=120 update
apt-get -q -y -o DPkg::Lock::Timeout=120 install --no-install-recommends "$@"
`

const runsQuietly = async (command: string, args: ReadonlyArray<string>): Promise<boolean> => {
  const child = spawn(command, args, { stdio: "ignore" })
  const [code] = await once(child, "exit").catch(() => [1])
  return code === 0
}

/** The words in front of a command that make it root's; `undefined` where that takes a password. */
const rootPrefix = async (): Promise<ReadonlyArray<string> | undefined> => {
  if (process.getuid?.() === 0) return []
  return (await runsQuietly("sudo", ["-n", "true"])) ? ["sudo", "-n"] : undefined
}

const fail = (problem: string, log = "") => new ServerError({ server: "packages", problem, log })

const install = async (prefix: ReadonlyArray<string>, packages: ReadonlyArray<string>): Promise<void> => {
  const [command = "sh", ...args] = [...prefix, "sh", "-c", installScript, "install", ...packages]
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  const keep = (chunk: Buffer) => {
    output += chunk.toString("utf8")
  }
  child.stdout.on("data", keep)
  child.stderr.on("data", keep)
  const [code] = await once(child, "close")
  if (code !== 0)
    throw fail(`installing ${packages.join(" ")} failed`, output.trimEnd().split("\n").slice(-30).join("\n"))
}

/**
 * Installs the Debian packages that the harness needs and this machine lacks; resolves with their names, none where
 * nothing was missing. Rejects with a `ServerError` that says what to install where it may not install anything itself.
 */
export const ensurePackages = async (): Promise<ReadonlyArray<string>> => {
  const absent = missing()
  if (absent.length === 0) return []
  const packages = packagesOf(absent)
  const prefix = findCommand("apt-get") === undefined ? undefined : await rootPrefix()
  if (prefix === undefined) throw fail(toInstall(absent))
  await install(prefix, packages)
  const still = missing()
  if (still.length > 0) throw fail(toInstall(still))
  return packages
}

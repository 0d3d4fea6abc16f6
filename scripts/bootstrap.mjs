// Runs a TypeScript file of this repository on a fresh machine: installs the workspace when it is missing or out of
// date, then starts the file with the Node of the workspace. Plain JavaScript, because it runs on whatever Node is there.
//
//   node scripts/bootstrap.mjs FILE.ts [ARG ...]
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, "node_modules", ".framedb-installed")

const digestOfManifests = () => {
  const hash = createHash("sha256")
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]) {
    hash.update(readFileSync(join(root, file)))
  }
  return hash.digest("hex")
}

const run = (command, args, environment = process.env) => {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: environment })
  if (error) throw error
  return signal ? 1 : (status ?? 1)
}

const install = () => {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  process.stderr.write("Installing the workspace's packages\n")
  const status = run("npx", ["--yes", packageManager, "install", "--frozen-lockfile", "--prefer-offline"])
  if (status !== 0) process.exit(status)
  mkdirSync(dirname(stampFile), { recursive: true })
  writeFileSync(stampFile, digestOfManifests())
}

const isInstalled = () => existsSync(stampFile) && readFileSync(stampFile, "utf8") === digestOfManifests()

if (!isInstalled()) install()

const bin = join(root, "node_modules", ".bin")
const [file, ...args] = process.argv.slice(2)
process.exit(run(join(bin, "node"), [file, ...args], { ...process.env, PATH: bin + delimiter + process.env.PATH }))

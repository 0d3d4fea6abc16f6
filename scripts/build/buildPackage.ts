/**
 * A package as npm gets it: the TypeScript of `src` compiled to `dist`, with declarations and source maps.
 *
 * Inside the workspace a package's `exports` point at its sources, which the compiler would take for sources of the
 * package that imports them. So the packages that this one depends on are mapped to what they publish, and are built
 * first. Dependencies of tests don't count: there the packages form a circle.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "../root.ts"

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, unknown>> }
}

// The shape of our own package.json files, which the checks of this repository read too.
const readManifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

const declarationsOf = (target: unknown): string | undefined =>
  typeof target === "object" && target !== null && "types" in target && typeof target.types === "string"
    ? target.types
    : undefined

/** Where the compiler finds the declarations of what a package publishes. */
const publishedPaths = (folder: string): ReadonlyArray<readonly [string, ReadonlyArray<string>]> => {
  const { name, publishConfig } = readManifest(folder)
  return Object.entries(publishConfig?.exports ?? {}).flatMap(([subpath, target]) => {
    const declarations = declarationsOf(target)
    return declarations === undefined ? [] : [[join(name, subpath), [join(folder, declarations)]] as const]
  })
}

/** The workspace's packages that a package needs, directly or through another. */
const workspaceDependencies = (folder: string, seen = new Set<string>()): ReadonlySet<string> => {
  for (const [name, range] of Object.entries(readManifest(folder).dependencies ?? {})) {
    const dependency = join(root, "packages", name.replace("@framedb/", ""))
    if (!range.startsWith("workspace:") || seen.has(dependency)) continue
    seen.add(dependency)
    workspaceDependencies(dependency, seen)
  }
  return seen
}

const compile = (folder: string, dependencies: ReadonlySet<string>): void => {
  const settings = {
    extends: join(root, "tsconfig.build.json"),
    compilerOptions: {
      rootDir: join(folder, "src"),
      outDir: join(folder, "dist"),
      paths: Object.fromEntries([...dependencies].flatMap(publishedPaths)),
    },
    include: [join(folder, "src")],
  }
  const settingsFile = join(folder, "node_modules", ".build", "tsconfig.json")
  mkdirSync(dirname(settingsFile), { recursive: true })
  writeFileSync(settingsFile, JSON.stringify(settings, null, 2))
  const compiler = join(root, "node_modules", ".bin", "tsc")
  const { status, error } = spawnSync(compiler, ["-p", settingsFile], { stdio: "inherit" })
  if (error) throw error
  if (status === 0) return
  process.stderr.write(`${readManifest(folder).name} does not compile\n`)
  process.exit(1)
}

/** Builds a package after those that it depends on, unless they have been built; `built` holds the folders that have. */
export const buildPackage = (folder: string, built: Set<string>): void => {
  if (built.has(folder)) return
  const dependencies = workspaceDependencies(folder)
  for (const dependency of dependencies) buildPackage(dependency, built)
  rmSync(join(folder, "dist"), { recursive: true, force: true })
  compile(folder, dependencies)
  built.add(folder)
}

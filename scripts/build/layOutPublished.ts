/** The packages as npm will have them: `publishConfig.exports`, `dist` and no sources. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { packageFolders } from "./packageFolders.ts"

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, unknown>>
  readonly publishConfig: { readonly exports: Readonly<Record<string, unknown>> }
}

/** Makes a symbolic link where there is nothing yet. */
export const link = (target: string, path: string): void => {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** Lays out one package and what it needs from npm; returns the names of its entry points. */
const layOut = (folder: string, modules: string): ReadonlyArray<string> => {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const { name, publishConfig, dependencies, peerDependencies } = manifest
  const inWorkspace = Object.keys(manifest.exports).sort().join(" ")
  const published = Object.keys(publishConfig.exports).sort().join(" ")
  if (inWorkspace !== published) throw new Error(`${name} exports ${inWorkspace} here, but publishes ${published}`)
  const target = join(modules, name)
  cpSync(join(folder, "dist"), join(target, "dist"), { recursive: true })
  writeFileSync(join(target, "package.json"), JSON.stringify({ ...manifest, exports: publishConfig.exports }))
  for (const [dependency, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
    if (!range.startsWith("workspace:")) link(join(folder, "node_modules", dependency), join(modules, dependency))
  }
  return Object.entries(publishConfig.exports)
    .filter(([subpath, entry]) => entry !== null && subpath !== "./package.json")
    .map(([subpath]) => join(name, subpath))
}

/** Lays out all packages, which have been built, in a `node_modules` folder; returns the names of their entry points. */
export const layOutPublished = (modules: string): ReadonlyArray<string> =>
  packageFolders().flatMap((folder) => layOut(folder, modules))

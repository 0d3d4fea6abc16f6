/** Runs files of a benchmark on the packages as they are published: what loads TypeScript takes tens of MiB by itself. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { layOutPublished } from "../../scripts/build/layOutPublished.ts"

/** A folder with what was asked for. */
export interface PublishedFiles extends Disposable {
  /** Where a file is now, by the name that it had. */
  readonly pathOf: (name: string) => string
}

const compiledName = (name: string): string => name.replace(/\.ts$/, ".mjs")

/** Builds the packages and puts files of this folder, without their types, beside them. */
export const publishedFiles = (names: ReadonlyArray<string>): PublishedFiles => {
  execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/build.ts", import.meta.url))])
  const folder = mkdtempSync(join(tmpdir(), "framedb-bench-"))
  layOutPublished(join(folder, "node_modules"))
  for (const name of names) {
    const text = stripTypeScriptTypes(readFileSync(new URL(name, import.meta.url), "utf8"))
    writeFileSync(join(folder, compiledName(name)), text.replaceAll(/(?<=import\("\.\/\w+)\.ts/g, ".mjs"))
  }
  return {
    pathOf: (name) => join(folder, compiledName(name)),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

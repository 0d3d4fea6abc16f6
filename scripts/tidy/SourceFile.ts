/** The source files of this tree, as the rules see them. */
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"

/** A file, by its path from the root with `/` between its parts. */
export interface SourceFile {
  readonly path: string
  readonly lines: ReadonlyArray<string>
}

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Makes a file from its text. */
export const sourceFile = (path: string, text: string): SourceFile => ({ path, lines: text.split("\n") })

/** Reads every TypeScript file that belongs to the tree: those that git knows, and new ones that it does not ignore. */
export const readTree = (): ReadonlyArray<SourceFile> => {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.ts", "*.mjs"]
  const paths = execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean)
  return paths.flatMap((path) => {
    try {
      return [sourceFile(path, readFileSync(join(root, path), "utf8"))]
    } catch {
      // Deleted, and not committed yet.
      return []
    }
  })
}

/** Whether a file is part of what a package publishes. */
export const isPublished = ({ path }: SourceFile): boolean => /^packages\/[^/]+\/src\//.test(path)

/** An import, as it is written and where it leads: to a file of this tree, or to a package. */
export interface Import {
  readonly line: number
  readonly from: string
  readonly target: string
}

const importPattern = /\bfrom "([^"]+)"|\bimport\("([^"]+)"\)|^import "([^"]+)"/

/** The imports and re-exports of a file. */
export const importsOf = (file: SourceFile): ReadonlyArray<Import> =>
  file.lines.flatMap((text, index) => {
    if (/^\s*(\*|\/\/)/.test(text)) return []
    const match = importPattern.exec(text)
    const from = match?.[1] ?? match?.[2] ?? match?.[3]
    if (from === undefined) return []
    const target = from.startsWith(".") ? posix.join(posix.dirname(file.path), from) : from
    return [{ line: index + 1, from, target }]
  })

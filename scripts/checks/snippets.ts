/**
 * The code in the READMEs. A block that opens with ` ```ts ` is compiled and run, one that opens with ` ```ts no-run ` is
 * only compiled (what needs the reader's own servers, or a test runner). Each is a module of its own in the examples'
 * folder, where every package of the workspace can be imported.
 */
import { globSync } from "node:fs"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { root } from "../root.ts"
import type { Check, CheckResult } from "./Check.ts"
import { runCommand } from "./runCommand.ts"
import { runFiles } from "./runFiles.ts"

const folder = join(root, "examples", ".snippets")
const deadlineMillis = 60_000

/** A block of TypeScript in a document. */
export interface Snippet {
  /** The line of the document on which the code begins, counted from 1. */
  readonly line: number
  readonly code: string
  readonly runs: boolean
}

/** Finds the blocks of TypeScript in a Markdown document. */
export const findSnippets = (markdown: string): ReadonlyArray<Snippet> =>
  [...markdown.matchAll(/^```ts(?<noRun> no-run)?\n(?<code>.*?)^```$/gms)].map(({ index, groups }) => ({
    line: markdown.slice(0, index).split("\n").length + 1,
    code: groups?.["code"] ?? "",
    runs: groups?.["noRun"] === undefined,
  }))

interface SnippetFile {
  readonly path: string
  readonly runs: boolean
}

const writeSnippets = async (document: string): Promise<ReadonlyArray<SnippetFile>> => {
  const snippets = findSnippets(await readFile(join(root, document), "utf8"))
  return Promise.all(
    snippets.map(async ({ line, code, runs }) => {
      const path = join(folder, `${document.replaceAll("/", ".")}.${line}.ts`)
      // With the lines in front of it, the compiler and stack traces name the document's own lines.
      await writeFile(path, "\n".repeat(line - 1) + code)
      return { path, runs }
    }),
  )
}

const compilerSettings = {
  extends: "../../tsconfig.json",
  // A snippet shows what one gets, and need not use it.
  compilerOptions: { noUnusedLocals: false },
  include: ["*.ts"],
}

const checkSnippets = async (): Promise<CheckResult> => {
  const documents = globSync(["README.md", "*/README.md", "packages/*/README.md"], {
    cwd: root,
    exclude: ["node_modules/**"],
  })
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder)
  try {
    const files = (await Promise.all(documents.sort().map(writeSnippets))).flat()
    if (files.length === 0) return { passed: 0, failed: 0, summary: "0 snippets", output: "" }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(compilerSettings))
    const compiled = await runCommand("tsc", ["-p", folder], { deadlineMillis })
    if (!compiled.succeeded) return { passed: 0, failed: 1, summary: "do not compile", output: compiled.output }
    const runnable = files.filter(({ runs }) => runs).map(({ path }) => path)
    const result = await runFiles(runnable, { noun: "snippet", deadlineMillis })
    return { ...result, summary: `${result.summary} run, ${files.length - runnable.length} only compiled` }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Compiles and runs the code in every README. */
export const snippets: Check = { name: "README snippets", run: checkSnippets }

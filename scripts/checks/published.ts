/**
 * The packages as npm will have them: built, laid out as published (`publishConfig.exports`, no sources) in a folder of
 * their own, then imported there by every entry point, once by the compiler and once by Node. An entry point named `main`
 * is a command, which would begin to work when it is imported: Node runs it with `--help`.
 */
import { writeFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { layOutPublished, link } from "../build/layOutPublished.ts"
import { root } from "../root.ts"
import type { Check, CheckResult } from "./Check.ts"
import { runCommand } from "./runCommand.ts"

const deadlineMillis = 180_000

const consumerSettings = {
  compilerOptions: {
    target: "ES2024",
    lib: ["ES2024", "DOM.AsyncIterable"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  },
  files: ["everything.ts"],
}

const isCommand = (entry: string): boolean => entry.endsWith("/main")

/** A module that imports entry points, and uses them so that no import is left out. */
const importing = (entries: ReadonlyArray<string>): string => {
  const imports = entries.map((entry, index) => `import * as entry${index} from ${JSON.stringify(entry)}\n`)
  return `${imports.join("")}export const entries = [${entries.map((_, index) => `entry${index}`).join(", ")}]\n`
}

const checkPublished = async (): Promise<CheckResult> => {
  const failure = (output: string) => ({ passed: 0, failed: 1, summary: "", output })
  const built = await runCommand(process.execPath, [join(root, "scripts", "build.ts")], { deadlineMillis })
  if (!built.succeeded) return failure(built.output)
  const consumer = await mkdtemp(join(tmpdir(), "framedb-consumer-"))
  try {
    const modules = join(consumer, "node_modules")
    const entries = layOutPublished(modules)
    link(join(root, "node_modules", "@types", "node"), join(modules, "@types", "node"))
    writeFileSync(join(consumer, "everything.ts"), importing(entries))
    writeFileSync(join(consumer, "consumer.ts"), importing(entries.filter((entry) => !isCommand(entry))))
    writeFileSync(join(consumer, "package.json"), JSON.stringify({ type: "module" }))
    writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify(consumerSettings))
    const commands = entries.filter(isCommand).map((entry) => join(modules, dirname(entry), "dist", "main.js"))
    for (const [command, args] of [
      ["tsc", ["-p", consumer]] as const,
      ["node", [join(consumer, "consumer.ts")]] as const,
      ...commands.map((file) => ["node", [file, "--help"]] as const),
    ]) {
      const { succeeded, output } = await runCommand(command, args, { deadlineMillis })
      if (!succeeded) return failure(output)
    }
    return { passed: entries.length, failed: 0, summary: `${entries.length} entry points`, output: "" }
  } catch (error) {
    return failure(String(error))
  } finally {
    await rm(consumer, { recursive: true, force: true })
  }
}

/** Builds every package and imports what would be published. */
export const published: Check = { name: "published packages", run: checkPublished }

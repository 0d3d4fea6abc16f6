/**
 * The rules of STYLE.md that a machine can see. Each looks at a file and says what is wrong, as `path:line: words`.
 */
import { checkDirection } from "./direction.ts"
import { isPublished, type SourceFile } from "./SourceFile.ts"

/** A rule: its sentence, and what it finds. */
export interface Rule {
  readonly sentence: string
  readonly check: (file: SourceFile) => ReadonlyArray<string>
}

const at = (file: SourceFile, index: number, words: string): string => `${file.path}:${index + 1}: ${words}`

const isComment = (line: string): boolean => /^\s*(\/\/|\/\*|\*)/.test(line)

/** Every line of code that matches, with the same words. */
const matching = (pattern: RegExp, words: string, where: (file: SourceFile) => boolean = () => true) => {
  return (file: SourceFile) =>
    where(file)
      ? file.lines.flatMap((line, index) => (!isComment(line) && pattern.test(line) ? [at(file, index, words)] : []))
      : []
}

const maxLinesOf = ({ path }: SourceFile): number => {
  if (/^packages\/[^/]+\/src\/main\.ts$/.test(path)) return 40
  return isPublished({ path, lines: [] }) ? 300 : 400
}

const checkLength = (file: SourceFile) => {
  const [lines, max] = [file.lines.length - 1, maxLinesOf(file)]
  return lines > max ? [`${file.path}: has ${lines} lines, at most ${max}`] : []
}

/** What is exported by a declaration of its own; a list of names repeats what is documented where it is declared. */
const exported = /^export (declare )?(abstract )?(async )?(const|function\*?|class|interface|type) /

const checkDocs = (file: SourceFile) =>
  isPublished(file)
    ? file.lines.flatMap((line, index) => {
        if (!exported.test(line) || /^export type \{/.test(line)) return []
        const above = file.lines[index - 1] ?? ""
        // The further signatures of an overloaded function stand under the first.
        return above.endsWith("*/") || exported.test(above) ? [] : [at(file, index, "an export without a sentence")]
      })
    : []

const assertion = /[\w)\]}>] as (?!const\b)(\w|\{|\(|\[|readonly)/

const checkAssertions = (file: SourceFile) =>
  isPublished(file)
    ? file.lines.flatMap((line, index) => {
        if (isComment(line) || /^\s*(import|export|\w+ as \w+,?$|type \w+ as)|["'`].* as .*["'`]/.test(line)) return []
        if (!assertion.test(line.replace(/\/\/.*$/, ""))) return []
        const nearby = file.lines.slice(Math.max(0, index - 6), index + 1)
        return nearby.some((near) => near.includes("//") || isComment(near))
          ? []
          : [at(file, index, "an assertion without a comment that says why it holds")]
      })
    : []

const isProgram = ({ path }: SourceFile): boolean => path.startsWith("packages/core/src/programs/")
const isTest = ({ path }: SourceFile): boolean => path.endsWith(".test.ts")

/** All rules. */
export const rules: ReadonlyArray<Rule> = [
  { sentence: "imports go one way", check: checkDirection },
  { sentence: "a file is short", check: checkLength },
  { sentence: "an export has a sentence", check: checkDocs },
  { sentence: "an assertion says why it holds", check: checkAssertions },
  {
    sentence: "a module has no state",
    check: matching(/^(export )?(let|var) /, "state of a module", isPublished),
  },
  {
    sentence: "a program takes time and chance from its services",
    check: matching(
      /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval)\b/,
      "not a service",
      isProgram,
    ),
  },
  {
    sentence: "every test runs",
    check: matching(/\b(it|test|describe)(\.\w+)*\.(only|skip|todo)\b/, "a test that does not run", isTest),
  },
  {
    sentence: "nothing is left for later",
    check: matching(/\b(TO[D]O|FIX[M]E|HA[C]K|XX[X])\b/, "left for later"),
  },
  {
    sentence: "a module is imported with its ending, and a package by its name",
    check: (file) =>
      file.lines.flatMap((line, index) =>
        /\bfrom "\.[^"]*(?<!\.ts|\.mjs|\.json)"/.test(line) && !isComment(line)
          ? [at(file, index, "a relative import without its ending")]
          : [],
      ),
  },
]

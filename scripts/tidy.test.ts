import { assert, describe, it } from "@effect/vitest"
import { rules } from "./tidy/rules.ts"
import { readTree, sourceFile } from "./tidy/SourceFile.ts"

/** A file for each rule that breaks it once, and one like it that does not. */
const samples: Readonly<Record<string, readonly [path: string, broken: string, sound: string]>> = {
  "imports go one way": [
    "packages/core/src/domain/Sample.ts",
    'import type { ObjectStore } from "../ports/ObjectStore.ts"',
    'import type { ObjectKey } from "./ObjectKey.ts"',
  ],
  "a file is short": ["packages/core/src/domain/Sample.ts", "\n".repeat(301), "\n".repeat(299)],
  "an export has a sentence": [
    "packages/core/src/domain/Sample.ts",
    "export const sample = 1",
    "/** A sample. */\nexport const sample = 1",
  ],
  "an assertion says why it holds": [
    "packages/core/src/domain/Sample.ts",
    "const sample = (value) as string",
    "const sample = (value) as string // Checked above.",
  ],
  "a module has no state": ["packages/core/src/domain/Sample.ts", "let count = 0", "const count = 0"],
  "a program takes time and chance from its services": [
    "packages/core/src/programs/Sample.ts",
    "const now = Date.now()",
    "const now = yield* Clock.currentTimeMillis",
  ],
  "every test runs": ["packages/core/test/sample.test.ts", `it.${"skip"}("x")`, 'it("x")'],
  "nothing is left for later": ["packages/core/src/domain/Sample.ts", `const x = 1 // ${"TO"}DO`, "const x = 1"],
  "a module is imported with its ending, and a package by its name": [
    "packages/core/src/domain/Sample.ts",
    ["import { a } from", '"./ObjectKey"'].join(" "),
    'import { a } from "./ObjectKey.ts"',
  ],
}

describe("the rules of STYLE.md", () => {
  const tree = readTree()

  for (const { sentence, check } of rules) {
    it(`${sentence}, everywhere in this tree`, () => {
      assert.isAbove(tree.length, 50)
      assert.deepStrictEqual(tree.flatMap(check), [])
    })

    it(`${sentence}: the rule finds what breaks it, and nothing else`, () => {
      const [path, broken, sound] = samples[sentence] ?? ["", "", ""]
      assert.lengthOf(check(sourceFile(path, broken)), 1)
      assert.deepStrictEqual(check(sourceFile(path, sound)), [])
    })
  }
})

describe("the direction of imports", () => {
  const direction = rules[0]
  const check = (path: string, from: string) => direction?.check(sourceFile(path, `import {} from "${from}"`))

  it("lets no backend import another, nor a program", () => {
    assert.lengthOf(check("packages/redis/src/A.ts", "@framedb/tidb") ?? [], 1)
    assert.lengthOf(check("packages/redis/src/A.ts", "framedb") ?? [], 1)
    assert.lengthOf(check("packages/redis/src/A.ts", "../../core/src/programs/FrameDB.ts") ?? [], 1)
    assert.deepStrictEqual(check("packages/redis/src/A.ts", "@framedb/core"), [])
  })

  it("lets no port import a port, but the shapes that ports share", () => {
    const service = 'import { X } from "./ObjectCache.ts"\nclass Y extends Context.Service<Y, {}>()("y") {}'
    assert.lengthOf(direction?.check(sourceFile("packages/core/src/ports/Y.ts", service)) ?? [], 1)
    const shape = service.replace("ObjectCache", "ObjectStore")
    assert.deepStrictEqual(direction?.check(sourceFile("packages/core/src/ports/Y.ts", shape)), [])
  })
})

import { expect, test } from "vitest"
import { findSnippets } from "./snippets.ts"

test("TypeScript blocks are found with the lines of their document, and nothing else is", () => {
  const markdown = [
    "# Title",
    "```sh",
    "ls",
    "```",
    "```ts",
    "const a = 1",
    "",
    "a",
    "```",
    "",
    "```ts no-run",
    "b",
    "```",
  ]
  expect(findSnippets(`${markdown.join("\n")}\n`)).toEqual([
    { line: 6, code: "const a = 1\n\na\n", runs: true },
    { line: 12, code: "b\n", runs: false },
  ])
})

test("an inline mention of a fence is no block", () => {
  expect(findSnippets("Write ```ts and close it with ```.\n")).toEqual([])
})

import * as path from "node:path"
import fc from "fast-check"
import { expect, test } from "vitest"
import { directoriesOfPrefix, nameOfPath, pathPartsOf } from "../../src/storage/folder/FolderName.ts"

const part = fc.stringMatching(/^([\x20-\x7e]|é|ß|漢|가|が|😀|\u0301){0,300}$/u)
const names = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }),
  fc
    .array(fc.oneof(part, fc.constantFrom("", ".", "..", "...", "a+", "=a=", "con", "NUL.x", "%", "^a", "A")), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => parts.join("/")),
)

test("a path reads like its name", () => {
  expect(pathPartsOf("../../etc/passwd").join("/")).toBe("%2e%2e+/%2e%2e+/etc+/passwd")
  expect(pathPartsOf("Backups/Ünï.json").join("/")).toBe("^backups+/%c3%9cn%c3%af.json")
  expect(pathPartsOf("sets/daily/2026-11-22.json").join("/")).toBe("sets+/daily+/2026-11-22.json")
  expect(pathPartsOf("漢字").join("/")).toBe("漢字")
  expect(pathPartsOf("a//b").join("/")).toBe("a+/%+/b")
  expect(pathPartsOf("/").join("/")).toBe("%+/%")
})

test("every name comes back from its path, which no file system changes and which leaves no folder", () => {
  fc.assert(
    fc.property(names, (name) => {
      const parts = pathPartsOf(name)
      expect(nameOfPath(parts)).toBe(name)
      for (const piece of parts) {
        expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(255)
        expect(piece).not.toMatch(/^\.|[. ]$|[\\/:*?"<>|\p{Cc}A-Z]/u)
        expect(piece.normalize("NFD")).toBe(piece)
        expect(piece.toLowerCase()).toBe(piece)
        expect(piece).not.toBe("")
      }
      expect(path.join("/root", ...parts).startsWith("/root/")).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test("no path of one name is a directory on the way to another", () => {
  fc.assert(
    fc.property(names, names, (left, right) => {
      if (left === right) return
      const [leftPath, rightPath] = [pathPartsOf(left).join("/"), pathPartsOf(right).join("/")]
      expect(leftPath).not.toBe(rightPath)
      expect(rightPath.startsWith(`${leftPath}/`)).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test("a name lies in the directories of each of its prefixes", () => {
  fc.assert(
    fc.property(names, fc.nat(), (name, at) => {
      const directories = directoriesOfPrefix(name.slice(0, at % (name.length + 1)))
      expect(pathPartsOf(name).slice(0, directories.length)).toEqual(directories)
    }),
    { numRuns: 500 },
  )
})

test("a file of another program is nobody's name", () => {
  for (const file of ["README", "%zz", "%ff", "^", "a%2eb", ".writing", "x+/y+", "%41"]) {
    expect(nameOfPath(file.split("/"))).not.toBe("x")
    const name = nameOfPath(file.split("/"))
    if (name !== undefined) expect(pathPartsOf(name).join("/")).toBe(file)
  }
})

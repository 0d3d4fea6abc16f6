import { mkdtemp, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { FolderObjectStorage } from "@framedb/core"
import * as Effect from "effect/Effect"
import { makeDirectory } from "../../src/storage/folder/makeDirectory.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "framedb-directory-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

it.live("makes a directory and those above it, also many times at once", () =>
  Effect.gen(function* () {
    const directory = join(yield* folder, "a", "b", "c")
    yield* Effect.promise(() => Promise.all(Array.from({ length: 20 }, () => makeDirectory(directory))))
    expect((yield* Effect.promise(() => stat(directory))).isDirectory()).toBe(true)
  }),
)

it.live("says which directories were not there, each once: those above them have to be synced", () =>
  Effect.gen(function* () {
    const root = yield* folder
    const parts = ["a", "a/b", "a/b/c"].map((part) => join(root, part))
    const made = yield* Effect.promise(() => Promise.all(parts.map(makeDirectory)))
    expect(made.flat().toSorted()).toEqual(parts)
    expect(yield* Effect.promise(() => makeDirectory(join(root, "a", "b", "c")))).toEqual([])
  }),
)

it.live("ends with an error where a file system takes no directories, or a file is in the way", () =>
  Effect.gen(function* () {
    const file = join(yield* folder, "file")
    yield* Effect.promise(() => writeFile(file, "x"))
    // Linux takes no directory below /proc; other systems none where only the kernel may make one.
    for (const path of ["/proc/framedb/deeper", file, join(file, "below")]) {
      const error = yield* Effect.flip(FolderObjectStorage.make({ path }))
      expect(error).toMatchObject({ _tag: "BackendError", isRetryable: false })
    }
  }),
)

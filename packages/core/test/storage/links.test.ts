import { execFileSync } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { FolderObjectStorage } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** A storage in a folder, and a folder beside it that is nobody's business. */
const setting = Effect.gen(function* () {
  const own = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "framedb-links-"))),
    (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
  )
  const [folder, outside] = [join(own, "folder"), join(own, "outside")]
  yield* Effect.promise(async () => {
    await mkdir(folder)
    await mkdir(outside)
    await writeFile(join(outside, "secret"), "secret")
  })
  return { folder, outside, storage: yield* FolderObjectStorage.make({ path: folder }) }
})

const link = (target: string, path: string) => Effect.promise(() => symlink(target, path))
const bytes = new TextEncoder().encode("mine")

describe("a link in the folder of a storage", () => {
  it.live("is not followed where it lies on the way to an object", () =>
    Effect.gen(function* () {
      const { folder, outside, storage } = yield* setting
      yield* link(outside, join(folder, "a+"))
      for (const failed of [
        yield* Effect.flip(storage.put("a/new", bytes)),
        yield* Effect.flip(storage.put("a/b/new", bytes)),
        yield* Effect.flip(storage.get("a/secret")),
        yield* Effect.flip(storage.stat("a/secret")),
        yield* Effect.flip(storage.delete("a/secret")),
        yield* Effect.flip(Stream.runCollect(storage.list("a/"))),
      ]) {
        assert.deepInclude(failed, { _tag: "BackendError", maybeApplied: false })
        assert.nestedPropertyVal(failed, "reason._tag", "Rejected")
      }
      assert.deepEqual(yield* Effect.promise(() => readdir(outside)), ["secret"])
      assert.deepEqual(yield* Stream.runCollect(storage.list("")), [])
    }),
  )

  it.live("is not read where an object belongs, and is replaced by one", () =>
    Effect.gen(function* () {
      const { folder, outside, storage } = yield* setting
      yield* link(join(outside, "secret"), join(folder, "a"))
      for (const failed of [yield* Effect.flip(storage.get("a")), yield* Effect.flip(storage.stat("a"))]) {
        assert.nestedPropertyVal(failed, "reason._tag", "Rejected")
      }
      yield* storage.put("a", bytes)
      assert.isTrue(Option.isSome(yield* storage.stat("a")))
      assert.strictEqual(yield* Effect.promise(() => readFile(join(outside, "secret"), "utf8")), "secret")
    }),
  )

  it.live("does not take what is written, or what is tidied up, elsewhere", () =>
    Effect.gen(function* () {
      const { folder, outside, storage } = yield* setting
      yield* Effect.promise(() => utimes(join(outside, "secret"), 0, 0))
      yield* link(outside, join(folder, ".writing"))
      const failed = yield* Effect.flip(storage.put("a", bytes))
      assert.strictEqual(failed._tag, "BackendError")
      yield* Effect.flip(FolderObjectStorage.make({ path: folder }))
      assert.deepEqual(yield* Effect.promise(() => readdir(outside)), ["secret"])
    }),
  )

  it.live("may be the folder itself", () =>
    Effect.gen(function* () {
      const { folder, outside } = yield* setting
      yield* link(outside, join(folder, "elsewhere"))
      const storage = yield* FolderObjectStorage.make({ path: join(folder, "elsewhere") })
      yield* storage.put("a/b", bytes)
      assert.isTrue(Option.isSome(yield* storage.stat("a/b")))
    }),
  )
})

describe("the folder of a storage", () => {
  it.live("keeps what is not its own, when it is opened", () =>
    Effect.gen(function* () {
      const { folder, storage } = yield* setting
      yield* storage.put("a", bytes)
      const aside = join(folder, ".writing")
      yield* Effect.promise(async () => {
        await mkdir(join(aside, "notes"))
        await writeFile(join(aside, "note"), "")
        for (const name of ["note", "notes"]) await utimes(join(aside, name), 0, 0)
        const left = join(aside, crypto.randomUUID())
        await writeFile(left, "left by a process that died")
        await utimes(left, 0, 0)
      })
      yield* FolderObjectStorage.make({ path: folder })
      assert.deepEqual((yield* Effect.promise(() => readdir(aside))).toSorted(), ["note", "notes"])
    }),
  )

  it.live("holds no object where a pipe lies, and waits for nobody to write to it", () =>
    Effect.gen(function* () {
      const { folder, storage } = yield* setting
      execFileSync("mkfifo", [join(folder, "a")])
      assert.isTrue(Option.isNone(yield* storage.get("a")))
    }),
  )
})

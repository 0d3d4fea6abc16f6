import { execFile, execFileSync } from "node:child_process"
import { readdirSync, statSync } from "node:fs"
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { writeBytes } from "../../src/files/writeBytes.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

const write = <E>(path: string, data: Stream.Stream<Uint8Array, E>) => writeBytes(Option.some(path), data)

const text = (path: string) => Effect.promise(() => readFile(path, "utf8"))

const pieces = Stream.make(bytes("one "), bytes("two"))

/** Gives one piece and then nothing more. */
const endless = (begun: Deferred.Deferred<void>) =>
  Stream.concat(
    Stream.succeed(bytes("some")),
    Stream.fromEffect(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never)),
  )

describe("bytes to a file", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "framedb-files-"))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** A new folder, so that what is left over is seen. */
  const place = (name: string, before?: string) =>
    Effect.promise(async () => {
      const own = join(folder, crypto.randomUUID())
      await mkdir(own)
      if (before !== undefined) await writeFile(join(own, name), before)
      return { own, path: join(own, name) }
    })
  const names = (own: string) => Effect.promise(() => readdir(own))

  it.effect("make it, empty where there are none", () =>
    Effect.gen(function* () {
      const { own, path } = yield* place("file")
      yield* write(path, pieces)
      assert.strictEqual(yield* text(path), "one two")
      yield* write(path, Stream.empty)
      assert.strictEqual(yield* text(path), "")
      assert.deepEqual(yield* names(own), ["file"])
    }),
  )

  it.effect("replace it and keep its permissions", () =>
    Effect.gen(function* () {
      const { path } = yield* place("file", "before")
      yield* Effect.promise(() => chmod(path, 0o640))
      yield* write(path, pieces)
      assert.strictEqual(yield* text(path), "one two")
      assert.strictEqual((yield* Effect.promise(() => stat(path))).mode & 0o7777, 0o640)
    }),
  )

  it.live("are never more readable than the file that they replace, not even while they are written", () =>
    Effect.gen(function* () {
      const { own, path } = yield* place("file", "before")
      yield* Effect.promise(() => chmod(path, 0o604))
      const begun = yield* Deferred.make<void>()
      const seen = new Set<number>()
      // Each step of the opening takes at least a turn of the event loop, and so is seen.
      const look = () => {
        for (const name of readdirSync(own)) if (name !== "file") seen.add(statSync(join(own, name)).mode & 0o7777)
        next = setImmediate(look)
      }
      let next = setImmediate(look)
      const writing = yield* Effect.forkChild(write(path, endless(begun)))
      yield* Deferred.await(begun)
      yield* Effect.sleep(20)
      clearImmediate(next)
      yield* Fiber.interrupt(writing)
      assert.isTrue(seen.delete(0o604))
      assert.deepEqual(
        [...seen].filter((mode) => mode !== 0o600),
        [],
      )
    }),
  )

  it.effect("follow a link to its end, also to a file that is not there yet", () =>
    Effect.gen(function* () {
      const { own, path } = yield* place("file", "before")
      const [link, toNew] = [join(own, "link"), join(own, "to-new")]
      yield* Effect.promise(() => symlink("file", link))
      yield* Effect.promise(() => symlink("new", toNew))
      yield* write(link, pieces)
      yield* write(toNew, pieces)
      assert.strictEqual(yield* text(path), "one two")
      assert.strictEqual(yield* text(join(own, "new")), "one two")
      for (const each of [link, toNew]) assert.isTrue((yield* Effect.promise(() => lstat(each))).isSymbolicLink())
    }),
  )

  it.effect("leave what was there, and nothing else, when they fail", () =>
    Effect.gen(function* () {
      const { own, path } = yield* place("file", "before")
      const failed = yield* Effect.flip(write(path, Stream.concat(pieces, Stream.fail("the source" as const))))
      assert.strictEqual(failed, "the source")
      assert.strictEqual(yield* text(path), "before")
      assert.deepEqual(yield* names(own), ["file"])
    }),
  )

  it.effect("leave what was there, and nothing else, when they are interrupted", () =>
    Effect.gen(function* () {
      const { own, path } = yield* place("file", "before")
      const begun = yield* Deferred.make<void>()
      const writing = yield* Effect.forkChild(write(path, endless(begun)))
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(writing)
      assert.strictEqual(yield* text(path), "before")
      assert.deepEqual(yield* names(own), ["file"])
    }),
  )

  it.effect("go through a device, which stays one", () =>
    Effect.gen(function* () {
      yield* write("/dev/null", pieces)
      assert.isTrue((yield* Effect.promise(() => stat("/dev/null"))).isCharacterDevice())
    }),
  )

  it.live("go through a pipe as soon as it is read, until its reader goes, and can be interrupted before", () =>
    Effect.gen(function* () {
      const { own } = yield* place("file")
      const pipe = join(own, "pipe")
      execFileSync("mkfifo", [pipe])
      const waiting = yield* Effect.forkChild(write(pipe, pieces))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(waiting)
      // More than a pipe holds at a time.
      const large = new Uint8Array(1024 * 1024).fill(7)
      const [read] = yield* Effect.all([Effect.promise(() => readFile(pipe)), write(pipe, Stream.make(large, large))], {
        concurrency: "unbounded",
      })
      assert.strictEqual(read.length, 2 * large.length)
      assert.deepEqual(yield* names(own), ["pipe"])
      const hasEnough = Effect.promise(() => promisify(execFile)("head", ["-c", "1", pipe]))
      const [, failed] = yield* Effect.all([hasEnough, Effect.flip(write(pipe, Stream.make(large, large)))], {
        concurrency: "unbounded",
      })
      assert.strictEqual(failed._tag, "FileFailed")
    }),
  )

  it.effect("are refused by a folder and by a folder that is not there", () =>
    Effect.gen(function* () {
      const { own } = yield* place("file")
      for (const path of [own, join(own, "none", "file"), `${own}/`]) {
        const failed = yield* Effect.flip(write(path, pieces))
        assert.strictEqual(failed._tag, "InvalidArgument")
      }
    }),
  )
})

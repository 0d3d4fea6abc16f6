/** Files that appear whole or not at all: written aside, made durable, then renamed into place. */
import { randomUUID } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../errors/BackendError.ts"
import type { StorageBody, StoragePutOptions, StoragePutOutcome } from "../../ports/ObjectStorage.ts"
import { wrongLength } from "../storageError.ts"
import { codeOf, folderError } from "./folderError.ts"
import { makeDirectory } from "./makeDirectory.ts"

const failed = folderError("put")

/** Where files are written before they are renamed. No encoded name begins with a dot. */
export const asideDirectory = ".writing"

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, BackendError> =>
  Effect.tryPromise({ try: run, catch: failed })

/** A file aside that is closed and removed with the scope, whatever became of the write. */
const openAside = (root: string): Effect.Effect<{ handle: fs.FileHandle; file: string }, BackendError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(async () => {
      const directory = path.join(root, asideDirectory)
      await makeDirectory(directory)
      const file = path.join(directory, randomUUID())
      return { handle: await fs.open(file, "wx"), file }
    }),
    ({ handle, file }) =>
      Effect.promise(async () => {
        // Both fail where the write went well: the handle is closed and the file renamed by then.
        await handle.close().catch(() => undefined)
        await fs.rm(file, { force: true }).catch(() => undefined)
      }),
  )

const writeAll = async (handle: fs.FileHandle, pieces: ReadonlyArray<Uint8Array>): Promise<void> => {
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; ) at += (await handle.write(piece, at)).bytesWritten
  }
}

const writeBody = <E>(handle: fs.FileHandle, body: StorageBody<E>): Effect.Effect<number, BackendError | E> => {
  if (body instanceof Uint8Array)
    return Effect.as(
      attempt(() => writeAll(handle, [body])),
      body.byteLength,
    )
  let total = 0
  return Effect.map(
    Stream.runForEachArray(body, (pieces) =>
      Effect.suspend(() => {
        for (const piece of pieces) total += piece.byteLength
        return attempt(() => writeAll(handle, pieces))
      }),
    ),
    () => total,
  )
}

const syncDirectory = async (directory: string): Promise<void> => {
  // Windows can't open a directory; its renames are journalled.
  const handle = await fs.open(directory, "r").catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** How often a directory that a delete removed as empty is made again before giving up. */
const placeAttempts = 5

const place = async (aside: string, file: string, createOnly: boolean): Promise<StoragePutOutcome> => {
  const directory = path.dirname(file)
  for (let tried = 1; ; tried++) {
    await makeDirectory(directory)
    try {
      // A hard link fails where the name is taken, which a rename would replace.
      await (createOnly ? fs.link(aside, file) : fs.rename(aside, file))
      return "written"
    } catch (thrown) {
      if (createOnly && codeOf(thrown) === "EEXIST") return "exists"
      if (codeOf(thrown) !== "ENOENT" || tried >= placeAttempts) throw thrown
    }
  }
}

/** Writes a body aside and moves it to `file`. `durable` waits until file and directory are on disk. */
export const writeAside = <E>(
  root: string,
  file: string,
  body: StorageBody<E>,
  options: StoragePutOptions & { readonly durable: boolean },
): Effect.Effect<StoragePutOutcome, BackendError | E> =>
  Effect.scoped(
    Effect.gen(function* () {
      const aside = yield* openAside(root)
      const sizeBytes = yield* writeBody(aside.handle, body)
      if (options.sizeBytes !== undefined && options.sizeBytes !== sizeBytes) {
        return yield* wrongLength(options.sizeBytes, sizeBytes)
      }
      return yield* Effect.uninterruptible(
        attempt(async () => {
          if (options.durable) await aside.handle.sync()
          await aside.handle.close()
          const outcome = await place(aside.file, file, options.createOnly === true)
          if (options.durable) await syncDirectory(path.dirname(file))
          return outcome
        }),
      )
    }),
  )

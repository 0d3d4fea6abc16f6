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
import { type FolderPlace, makeInPlace } from "./FolderPlace.ts"
import { codeOf, folderError } from "./folderError.ts"
import type { SyncedNames } from "./SyncedNames.ts"

const failed = folderError("put")

/** Where files are written before they are renamed. No encoded name begins with a dot. */
export const asideDirectory = ".writing"

/** Whether a file's name in that directory is one that was given here. */
export const isAsideName = (name: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name)

const attempt = <A>(run: () => Promise<A>): Effect.Effect<A, BackendError> =>
  Effect.tryPromise({ try: run, catch: failed })

/** A file aside that is closed and removed with the scope, whatever became of the write. */
const openAside = (root: string): Effect.Effect<{ handle: fs.FileHandle; file: string }, BackendError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(async () => {
      const directory = path.join(root, asideDirectory)
      await makeInPlace(directory)
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

/** What became of a file, and which directories were made for it. */
interface Placed {
  readonly outcome: StoragePutOutcome
  readonly made: ReadonlyArray<string>
}

/** How often a directory that a delete removed as empty is made again before giving up. */
const placeAttempts = 5

const place = async (aside: string, { directories, file }: FolderPlace, createOnly: boolean): Promise<Placed> => {
  const made: Array<string> = []
  for (let tried = 1; ; tried++) {
    made.push(...(await makeInPlace(directories.at(-1) ?? "")))
    try {
      // A hard link fails where the name is taken, which a rename would replace.
      await (createOnly ? fs.link(aside, file) : fs.rename(aside, file))
      return { outcome: "written", made }
    } catch (thrown) {
      if (createOnly && codeOf(thrown) === "EEXIST") return { outcome: "exists", made }
      if (codeOf(thrown) !== "ENOENT" || tried >= placeAttempts) throw thrown
    }
  }
}

/** Where and how to write. */
export interface AsideOptions extends StoragePutOptions {
  readonly root: string
  /** Waits until all of it is on disk, where this is given. */
  readonly synced: SyncedNames | undefined
}

/** Writes a body aside and moves it to its place. */
export const writeAside = <E>(
  target: FolderPlace,
  body: StorageBody<E>,
  { createOnly = false, root, sizeBytes: saidBytes, synced }: AsideOptions,
): Effect.Effect<StoragePutOutcome, BackendError | E> =>
  Effect.scoped(
    Effect.gen(function* () {
      const aside = yield* openAside(root)
      const sizeBytes = yield* writeBody(aside.handle, body)
      if (saidBytes !== undefined && saidBytes !== sizeBytes) return yield* wrongLength(saidBytes, sizeBytes)
      const placing = attempt(async () => {
        if (synced !== undefined) await aside.handle.sync()
        await aside.handle.close()
        return place(aside.file, target, createOnly)
      })
      const syncing = ({ made }: Placed) =>
        Effect.tryPromise({
          try: async () => synced?.sync(target.directories, made),
          catch: folderError("put", true),
        })
      const { outcome } = yield* Effect.uninterruptible(Effect.tap(placing, syncing))
      return outcome
    }),
  )

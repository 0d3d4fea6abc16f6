/** Object storage in a folder: one file an object, at a path that reads like its name (see `folder/FolderName.ts`). */
import type { Dirent, Stats } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { maxKeyBytes } from "../domain/ObjectKey.ts"
import type { BackendError } from "../errors/BackendError.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"
import * as OptionRules from "../errors/OptionRules.ts"
import { ObjectStorage, type ObjectStorageService, type StorageCapabilities } from "../ports/ObjectStorage.ts"
import { directoriesOfPrefix, nameOfPath } from "./folder/FolderName.ts"
import { type FolderPlace, isInPlace, placeIn } from "./folder/FolderPlace.ts"
import { folderError, isAbsent } from "./folder/folderError.ts"
import { makeDirectory } from "./folder/makeDirectory.ts"
import { openFile } from "./folder/openFile.ts"
import { SyncedNames } from "./folder/SyncedNames.ts"
import { syncDirectory } from "./folder/syncDirectory.ts"
import { asideDirectory, isAsideName, writeAside } from "./folder/writeAside.ts"
import { checkPut, problemOfStorageName } from "./storageName.ts"

/** Where the files are and how they are written. */
export interface FolderObjectStorageOptions {
  /**
   * The folder, made when it is missing; it may be a link. Nothing outside it is ever read or written by name: a link within it is
   * not followed, what would lie behind it can't be read, written or removed, and is not listed.
   */
  readonly path: string
  /** Whether a put waits until the bytes and all names on the way to them are on disk; true by default. */
  readonly durable?: boolean
  /** The size of the pieces that a body is read in, in bytes; 256 KiB by default, at most 1 GiB. */
  readonly pieceBytes?: number
}

const rules: OptionRules.Rules<FolderObjectStorageOptions> = {
  path: OptionRules.required(OptionRules.text),
  durable: OptionRules.flag,
  pieceBytes: OptionRules.wholeNumber(1, 1024 ** 3),
}

const capabilities: StorageCapabilities = {
  nameBytes: maxKeyBytes,
  attributeBytes: 0,
  createOnly: true,
  stat: true,
  list: true,
  delete: true,
  ranges: true,
  streams: true,
}

/** Files aside that are older belong to a process that died: no put takes a day between two pieces. */
const abandonedAfterMillis = 24 * 60 * 60 * 1000

/** What can't be put is not there; its encoding could be another name's. */
const isNoName = (name: string): boolean => problemOfStorageName(name) !== undefined

const attempt = <A>(operation: string, run: () => Promise<A>): Effect.Effect<A, BackendError> =>
  Effect.tryPromise({ try: run, catch: folderError(operation) })

/** Removes what processes that died had left aside, and nothing else. */
const removeAbandoned = async (root: string, nowMillis: number): Promise<void> => {
  const directory = path.join(root, asideDirectory)
  if (!(await isInPlace(directory))) return
  for (const entry of await fs.readdir(directory).catch(() => [])) {
    if (!isAsideName(entry)) continue
    const file = path.join(directory, entry)
    const age = await fs.stat(file).then(
      (stat) => nowMillis - stat.mtimeMs,
      () => 0,
    )
    if (age > abandonedAfterMillis) await fs.rm(file, { force: true })
  }
}

/** Removes directories that a delete has left empty, up to the folder itself. */
const removeEmpty = async (root: string, file: string): Promise<void> => {
  for (let at = path.dirname(file); at !== root && at.startsWith(root); at = path.dirname(at)) {
    try {
      await fs.rmdir(at)
    } catch {
      return
    }
  }
}

/** Walks the files below a directory, one directory listing at a time. */
async function* walk(root: string, parts: ReadonlyArray<string>): AsyncGenerator<ReadonlyArray<string>> {
  const entries = await fs.opendir(path.join(root, ...parts)).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return [] as ReadonlyArray<Dirent>
    throw thrown
  })
  for await (const entry of entries) {
    const below = [...parts, entry.name]
    if (entry.isFile()) yield below
    else if (entry.isDirectory() && !entry.name.startsWith(".")) yield* walk(root, below)
  }
}

async function* namesBelow(root: string, prefix: string): AsyncGenerator<{ name: string; sizeBytes: number }> {
  const above = directoriesOfPrefix(prefix)
  if (!(await isInPlace(path.join(root, ...above)))) return
  for await (const parts of walk(root, above)) {
    const name = nameOfPath(parts)
    if (name === undefined || !name.startsWith(prefix)) continue
    const stat = await fs.stat(path.join(root, ...parts)).catch(() => undefined)
    if (stat !== undefined) yield { name, sizeBytes: stat.size }
  }
}

const statOf = async ({ file }: FolderPlace): Promise<Stats | undefined> => {
  if (!(await isInPlace(file))) return undefined
  const stat = await fs.lstat(file).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return undefined
    throw thrown
  })
  return stat?.isFile() === true ? stat : undefined
}

const remove = async (root: string, { directories, file }: FolderPlace): Promise<void> => {
  if (!(await isInPlace(directories.at(-1) ?? root))) return
  await fs.rm(file).catch((thrown: unknown) => {
    if (!isAbsent(thrown)) throw thrown
  })
  await removeEmpty(root, file)
}

/** Makes the folder and what it lies in, where they are missing, and gives its real path. */
const openFolder = async (folder: string, durable: boolean): Promise<string> => {
  const made = await makeDirectory(folder)
  const root = await fs.realpath(folder)
  if (durable) await Promise.all([root, ...made].map((directory) => syncDirectory(path.dirname(directory))))
  return root
}

/** Opens a folder as a storage. Fails with `InvalidArgument` for options that can't be used, which it calls as `nameOf` does. */
export const make = Effect.fnUntraced(function* (
  options: FolderObjectStorageOptions,
  nameOf?: (name: string) => string,
): Effect.fn.Return<ObjectStorageService, BackendError | InvalidArgument> {
  const problem = OptionRules.problemOf(options, rules, nameOf)
  if (problem !== undefined) return yield* problem
  const durable = options.durable ?? true
  const pieceBytes = options.pieceBytes ?? 256 * 1024
  const now = yield* Clock.currentTimeMillis
  const root = yield* attempt("open", () => openFolder(path.resolve(options.path), durable))
  yield* attempt("open", () => removeAbandoned(root, now))
  const synced = durable ? new SyncedNames() : undefined
  return {
    capabilities,
    put: (name, body, put) =>
      Effect.andThen(
        checkPut(name, put, capabilities),
        Effect.suspend(() => writeAside(placeIn(root, name), body, { ...put, root, synced })),
      ),
    get: (name, range) =>
      isNoName(name) ? Effect.succeedNone : openFile({ name, file: placeIn(root, name).file, range, pieceBytes }),
    stat: (name) =>
      isNoName(name)
        ? Effect.succeedNone
        : Effect.map(
            attempt("stat", () => statOf(placeIn(root, name))),
            (stat) =>
              stat === undefined ? Option.none() : Option.some({ name, sizeBytes: stat.size, attributes: {} }),
          ),
    delete: (name) => (isNoName(name) ? Effect.void : attempt("delete", () => remove(root, placeIn(root, name)))),
    list: (prefix) => Stream.suspend(() => Stream.fromAsyncIterable(namesBelow(root, prefix), folderError("list"))),
  }
})

/** Provides a folder as the storage. */
export const layer = (
  options: FolderObjectStorageOptions,
): Layer.Layer<ObjectStorage, BackendError | InvalidArgument> => Layer.effect(ObjectStorage, make(options))

const optionsConfig: Config.Config<FolderObjectStorageOptions> = Config.all({
  path: Config.NonEmptyString("FRAMEDB_FOLDER_PATH"),
  durable: Config.withDefault(Config.Boolean("FRAMEDB_FOLDER_DURABLE"), true),
})

/** Provides a folder as the storage, as the environment says: `FRAMEDB_FOLDER_PATH`, `FRAMEDB_FOLDER_DURABLE`. */
export const layerConfig: Layer.Layer<ObjectStorage, BackendError | InvalidArgument | Config.ConfigError> =
  Layer.effect(
    ObjectStorage,
    Effect.flatMap(optionsConfig, (options) => make(options, OptionRules.variableOf("FRAMEDB_FOLDER_"))),
  )

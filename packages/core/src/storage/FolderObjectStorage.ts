/** Object storage in a folder: one file an object, at a path that reads like its name (see `folder/FolderName.ts`). */
import type { Dirent } from "node:fs"
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
import { ObjectStorage, type ObjectStorageService, type StorageCapabilities } from "../ports/ObjectStorage.ts"
import { directoriesOfPrefix, nameOfPath, pathPartsOf } from "./folder/FolderName.ts"
import { codeOf, folderError } from "./folder/folderError.ts"
import { makeDirectory } from "./folder/makeDirectory.ts"
import { openFile } from "./folder/openFile.ts"
import { asideDirectory, writeAside } from "./folder/writeAside.ts"
import { checkPut, problemOfStorageName } from "./storageName.ts"

/** Where the files are and how they are written. */
export interface FolderObjectStorageOptions {
  /** The folder, made when it is missing. Nothing outside it is ever read or written by name. */
  readonly path: string
  /** Whether a put waits until the bytes are on disk; true by default. */
  readonly durable?: boolean
  /** The size of the pieces that a body is read in, in bytes; 256 KiB by default. */
  readonly pieceBytes?: number
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

const isAbsent = (thrown: unknown): boolean => codeOf(thrown) === "ENOENT" || codeOf(thrown) === "ENOTDIR"

const attempt = <A>(operation: string, run: () => Promise<A>): Effect.Effect<A, BackendError> =>
  Effect.tryPromise({ try: run, catch: folderError(operation) })

/** Removes what processes that died had left aside. */
const removeAbandoned = async (root: string, nowMillis: number): Promise<void> => {
  const directory = path.join(root, asideDirectory)
  for (const entry of await fs.readdir(directory).catch(() => [])) {
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
  for await (const parts of walk(root, directoriesOfPrefix(prefix))) {
    const name = nameOfPath(parts)
    if (name === undefined || !name.startsWith(prefix)) continue
    const stat = await fs.stat(path.join(root, ...parts)).catch(() => undefined)
    if (stat !== undefined) yield { name, sizeBytes: stat.size }
  }
}

/** Opens a folder as a storage. */
export const make = Effect.fnUntraced(function* (
  options: FolderObjectStorageOptions,
): Effect.fn.Return<ObjectStorageService, BackendError> {
  const root = path.resolve(options.path)
  const durable = options.durable ?? true
  const pieceBytes = options.pieceBytes ?? 256 * 1024
  const fileOf = (name: string): string => path.join(root, ...pathPartsOf(name))
  const now = yield* Clock.currentTimeMillis
  yield* attempt("open", () => makeDirectory(root).then(() => removeAbandoned(root, now)))
  return {
    capabilities,
    put: (name, body, put) =>
      Effect.andThen(
        checkPut(name, put, capabilities),
        Effect.suspend(() => writeAside(root, fileOf(name), body, { ...put, durable })),
      ),
    get: (name, range) =>
      isNoName(name) ? Effect.succeedNone : openFile({ name, file: fileOf(name), range, pieceBytes }),
    stat: (name) =>
      isNoName(name)
        ? Effect.succeedNone
        : attempt("stat", () =>
            fs.stat(fileOf(name)).then(
              (stat) => (stat.isFile() ? Option.some({ name, sizeBytes: stat.size, attributes: {} }) : Option.none()),
              (thrown: unknown) => {
                if (isAbsent(thrown)) return Option.none()
                throw thrown
              },
            ),
          ),
    delete: (name) =>
      isNoName(name)
        ? Effect.void
        : attempt("delete", async () => {
            const file = fileOf(name)
            await fs.rm(file).catch((thrown: unknown) => {
              if (!isAbsent(thrown)) throw thrown
            })
            await removeEmpty(root, file)
          }),
    list: (prefix) => Stream.suspend(() => Stream.fromAsyncIterable(namesBelow(root, prefix), folderError("list"))),
  }
})

/** Provides a folder as the storage. */
export const layer = (options: FolderObjectStorageOptions): Layer.Layer<ObjectStorage, BackendError> =>
  Layer.effect(ObjectStorage, make(options))

const optionsConfig: Config.Config<FolderObjectStorageOptions> = Config.all({
  path: Config.NonEmptyString("FRAMEDB_FOLDER_PATH"),
  durable: Config.withDefault(Config.Boolean("FRAMEDB_FOLDER_DURABLE"), true),
})

/** Provides a folder as the storage, as the environment says: `FRAMEDB_FOLDER_PATH`, `FRAMEDB_FOLDER_DURABLE`. */
export const layerConfig: Layer.Layer<ObjectStorage, BackendError | Config.ConfigError> = Layer.effect(
  ObjectStorage,
  Effect.flatMap(optionsConfig, make),
)

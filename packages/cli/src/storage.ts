/** Where backups lie: a folder that a flag names, or what the environment says. */
import { stat } from "node:fs/promises"
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type BackendError, type BackupStorageOptions, FolderObjectStorage, InvalidArgument } from "framedb"
import { pathFlag } from "./flags.ts"

/** The flags. */
export const storageFlags = {
  folder: pathFlag("folder").pipe(
    Flag.withDescription(
      "A folder that holds the backups; by default what FRAMEDB_S3_BUCKET or FRAMEDB_FOLDER_PATH names",
    ),
    Flag.optional,
  ),
  storagePrefix: Flag.String("storage-prefix").pipe(
    Flag.withDescription("Put before every stored name, such as backups/"),
    Flag.optional,
  ),
}

/** What the flags gave. */
export interface StorageSelection {
  readonly folder: Option.Option<string>
  readonly storagePrefix: Option.Option<string>
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )

/** The storage to put backups into; none where the environment's is to be used. A folder is made where it is missing. */
export const storageToWrite = Effect.fnUntraced(function* ({
  folder,
  storagePrefix,
}: StorageSelection): Effect.fn.Return<BackupStorageOptions, BackendError | InvalidArgument> {
  const prefix = Option.isSome(storagePrefix) ? { prefix: storagePrefix.value } : {}
  if (Option.isNone(folder)) return prefix
  return { ...prefix, storage: yield* FolderObjectStorage.make({ path: folder.value }) }
})

/** The same for backups that are there. A folder that is missing is refused: as a new one it would be whole, and hold nothing. */
export const storageToRead = Effect.fnUntraced(function* (selection: StorageSelection) {
  const { folder } = selection
  if (Option.isSome(folder) && !(yield* Effect.promise(() => isFolder(folder.value)))) {
    return yield* new InvalidArgument({ argument: "folder", message: `there is no folder ${folder.value}` })
  }
  return yield* storageToWrite(selection)
})

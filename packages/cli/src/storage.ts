/** Where backups lie: a folder that a flag names, or what the environment says. */
import { Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type BackendError, type BackupStorageOptions, FolderObjectStorage, type InvalidArgument } from "framedb"
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

/** The storage that was asked for; none where the environment's is to be used. */
export const selectStorage = Effect.fnUntraced(function* ({
  folder,
  storagePrefix,
}: StorageSelection): Effect.fn.Return<BackupStorageOptions, BackendError | InvalidArgument> {
  const prefix = Option.isSome(storagePrefix) ? { prefix: storagePrefix.value } : {}
  if (Option.isNone(folder)) return prefix
  return { ...prefix, storage: yield* FolderObjectStorage.make({ path: folder.value }) }
})

/** Where backups go, as options of the live layer and as the environment says. */
import {
  type BackendError,
  CustomObjectStorage,
  FolderObjectStorage,
  type InvalidArgument,
  ObjectStorage,
  type ObjectStorageService,
} from "@framedb/core"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

/** A storage that is open already, two methods of your own, or a layer, such as `S3ObjectStorage.layer({ bucket })`. */
export type StorageOption<E = BackendError | InvalidArgument> =
  | ObjectStorageService
  | CustomObjectStorage.StorageBackend
  | Layer.Layer<ObjectStorage, E>

const isLayer = <E>(storage: StorageOption<E>): storage is Layer.Layer<ObjectStorage, E> => Layer.isLayer(storage)

/** The storage as a layer; nothing where there is none. */
export const storageLayer = <E>(storage: StorageOption<E> | undefined): Layer.Layer<never, E | InvalidArgument> => {
  if (storage === undefined) return Layer.empty
  if (isLayer(storage)) return storage
  return "upload" in storage ? CustomObjectStorage.layer({ backend: storage }) : Layer.succeed(ObjectStorage, storage)
}

type StorageFailure = BackendError | InvalidArgument | Config.ConfigError

/** The client of S3 is large: who names no bucket does not load it. */
const s3Layer = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("@framedb/s3")),
    ({ S3ObjectStorage }) => S3ObjectStorage.layerConfig,
  ),
)

/**
 * The storage that the environment names: a bucket with `FRAMEDB_S3_BUCKET` and the other `FRAMEDB_S3_…`, else a folder with
 * `FRAMEDB_FOLDER_PATH`, else none.
 */
export const storageLayerConfig: Layer.Layer<never, StorageFailure> = Layer.unwrap(
  Effect.map(
    Config.all({
      bucket: Config.option(Config.String("FRAMEDB_S3_BUCKET")),
      path: Config.option(Config.String("FRAMEDB_FOLDER_PATH")),
    }),
    ({ bucket, path }): Layer.Layer<never, StorageFailure> => {
      if (Option.isSome(bucket)) return s3Layer
      return Option.isSome(path) ? FolderObjectStorage.layerConfig : Layer.empty
    },
  ),
)

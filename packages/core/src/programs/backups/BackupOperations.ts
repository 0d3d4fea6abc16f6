/** Backups of FrameDB's objects to object storage, and back, as a service. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { problemOfNameList } from "../../domain/NameList.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import type { IntegrityError } from "../../errors/IntegrityError.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectRouting } from "../../ports/ObjectRouting.ts"
import { ObjectStorage, type ObjectStorageService } from "../../ports/ObjectStorage.ts"
import * as CustomObjectStorage from "../../storage/CustomObjectStorage.ts"
import { type BulkBounds, type BulkKeys, type BulkProgress, type BulkReport, report } from "../bulk/Bulk.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { Connections } from "../instances/Connections.ts"
import { ObjectReader } from "../objects/ObjectReader.ts"
import { ObjectWriter } from "../objects/ObjectWriter.ts"
import { makeReadObject } from "../objects/ReadObject.ts"
import { retrying } from "../retrying.ts"
import { Routes } from "../routes/Routes.ts"
import { problemOfBackupOptions } from "./backupRules.ts"
import { type BackupFailure, backupToObjectStorage } from "./backupToObjectStorage.ts"
import { frameSink, frameSource, type SinkError, type SourceError } from "./frameSource.ts"
import { type BackedUpObject, listBackups } from "./listBackups.ts"
import { type RestoreFailure, type RestoreTarget, restoreFromBackup } from "./restoreFromBackup.ts"
import { backupToSet } from "./sets/backupToSet.ts"
import { makeDigestThread } from "./sets/DigestThread.ts"
import { type ListedSet, listSets } from "./sets/listSets.ts"
import { type PruneReport, pruneSets } from "./sets/pruneSets.ts"
import { restoreFromSet, verifySet } from "./sets/restoreFromSet.ts"
import { verifyBackup } from "./verifyBackup.ts"

/** Where backups lie. */
export interface BackupStorageOptions {
  /** A storage, or a backend of your own with `upload` and `download`. Default: the `ObjectStorage` that the layer was given. */
  readonly storage?: ObjectStorageService | CustomObjectStorage.StorageBackend
  /** Put before every stored name, such as `backups/`. Default: empty. */
  readonly prefix?: string
}

/** Called with each key as it ends. */
export interface OnProgress<E> {
  readonly onProgress?: (progress: BulkProgress<E>) => Effect.Effect<void>
}

/** What a backup of one key can fail with. */
export type BackupError = SourceError | BackupFailure
/** What a restore of one key can fail with. */
export type RestoreError = SinkError | RestoreFailure

/** What is backed up, and how. */
export interface BackupRequest extends BackupStorageOptions, BulkBounds {
  readonly keys: BulkKeys<BackendError | InvalidArgument>
  /** Back up only what this instance holds, as primary or as a copy; other keys fail. Default: wherever it is. */
  readonly framedbId?: string
  /** Pack the objects into a set of this name: letters, digits, dots, dashes and underscores, at most 100. Default: one stored object a key. */
  readonly set?: string
  /** Of a set: another set under the same prefix whose unchanged objects are reused. */
  readonly base?: string
  /** Of a set: upload everything, whatever is stored already. Default: false. */
  readonly full?: boolean
}

/** What is restored, and to where. */
export interface RestoreRequest extends BackupStorageOptions, BulkBounds, RestoreTarget {
  /** Required without a set; with one, only these keys. */
  readonly keys?: Iterable<string>
  /** The set to restore from. Default: what was stored one object a key. */
  readonly set?: string
  /** Of a set: only keys that begin with this. */
  readonly keyPrefix?: string
  /** Read and check everything and write nothing. Default: false. */
  readonly dryRun?: boolean
}

/** What is verified. */
export type VerifyRequest = Omit<RestoreRequest, "dryRun" | keyof RestoreTarget>

/** What is pruned. */
export interface PruneRequest extends BackupStorageOptions {
  /** The sets that stay: no iterator, of which nothing would be left when it has been gone through before. */
  readonly keep: ReadonlyArray<string> | ReadonlySet<string>
  /** Tell what would be removed and remove nothing. Default: false. */
  readonly dryRun?: boolean
}

/** What stops a whole backup, beside the keys that fail one by one. */
export type BackupStop = BackendError | IntegrityError | InvalidArgument

/** The operations. Each takes a storage, or uses the layer's; without either it fails with `InvalidArgument`. */
export interface BackupCalls {
  /** Backs objects up and reports what became of each key. What is there already, unchanged, is skipped. */
  readonly backupToObjectStorage: (
    options: BackupRequest & OnProgress<BackupError>,
  ) => Effect.Effect<BulkReport<BackupError>, BackupStop>
  /** The same as a stream of what happens. */
  readonly backupProgress: (options: BackupRequest) => Stream.Stream<BulkProgress<BackupError>, BackupStop>
  /** Restores objects and reports what became of each key. A digest is checked before anything is overwritten. */
  readonly restoreFromBackup: (
    options: RestoreRequest & OnProgress<RestoreError>,
  ) => Effect.Effect<BulkReport<RestoreError>, RestoreFailure>
  /** The same as a stream of what happens. */
  readonly restoreProgress: (options: RestoreRequest) => Stream.Stream<BulkProgress<RestoreError>, RestoreFailure>
  /** Reads what is backed up and checks every digest. */
  readonly verifyBackup: (
    options: VerifyRequest & OnProgress<RestoreFailure>,
  ) => Effect.Effect<BulkReport<RestoreFailure>, RestoreFailure>
  /** The same as a stream of what happens. */
  readonly verifyProgress: (options: VerifyRequest) => Stream.Stream<BulkProgress<RestoreFailure>, RestoreFailure>
  /** Lists what was stored one object a key. */
  readonly listBackups: (
    options?: BackupStorageOptions & { readonly keyPrefix?: string },
  ) => Stream.Stream<BackedUpObject, BackupStop>
  /** Lists the sets. */
  readonly listBackupSets: (
    options?: BackupStorageOptions,
  ) => Effect.Effect<ReadonlyArray<ListedSet>, BackendError | InvalidArgument>
  /** Removes what no kept set needs. */
  readonly pruneBackups: (options: PruneRequest) => Effect.Effect<PruneReport, BackupStop>
}

/** The service of the operations. */
export class BackupOperations extends Context.Service<BackupOperations, BackupCalls>()(
  "@framedb/core/BackupOperations",
) {}

const noStorage = new InvalidArgument({
  argument: "storage",
  message: "pass a storage, or provide an ObjectStorage layer",
})

const notStorage = new InvalidArgument({
  argument: "storage",
  message:
    "it is neither a storage nor an object with upload and download: the `make` of a storage is an effect that gives one, its `layer` is for the client's options",
})

/** What is given without the compiler's word may be anything, such as the effect that would give a storage. */
const isStorage = (storage: object): boolean => "put" in storage && "capabilities" in storage

const noKeys = new InvalidArgument({ argument: "keys", message: "without a set, say which keys" })

const problemOfList = (argument: string, names: unknown): InvalidArgument | undefined => {
  const problem = names === undefined ? undefined : problemOfNameList(names)
  return problem === undefined ? undefined : new InvalidArgument({ argument, message: `${argument} ${problem}` })
}

/** Plain JavaScript may pass an iterator, which a dry run leaves empty. */
const problemOfKeep = (keep: Iterable<string>): InvalidArgument | undefined => {
  if (!Object.is(keep[Symbol.iterator](), keep)) return undefined
  return new InvalidArgument({
    argument: "keep",
    message: "keep can be gone through only once: pass an array or a Set",
  })
}

/** Builds the service. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const services = {
    routes: yield* Routes,
    routing: yield* ObjectRouting,
    connections: yield* Connections,
    reader: yield* ObjectReader,
    writer: yield* ObjectWriter,
    readObject: yield* makeReadObject(options),
    repeat: retrying(options),
  }
  const provided = yield* Effect.serviceOption(ObjectStorage)
  const sink = frameSink(services)
  const thread = yield* makeDigestThread

  const storageOf = (options: BackupStorageOptions): Effect.Effect<ObjectStorageService, InvalidArgument> => {
    const problem = problemOfBackupOptions(options)
    if (problem !== undefined) return Effect.fail(problem)
    const { storage } = options
    if (storage !== undefined) {
      if (typeof storage !== "object" || storage === null) return Effect.fail(notStorage)
      if ("upload" in storage) {
        return Effect.try({ try: () => CustomObjectStorage.make({ backend: storage }), catch: () => notStorage })
      }
      return isStorage(storage) ? Effect.succeed(storage) : Effect.fail(notStorage)
    }
    return Option.isSome(provided) ? Effect.succeed(provided.value) : Effect.fail(noStorage)
  }

  const inStorage = <A, E>(place: BackupStorageOptions, use: (storage: ObjectStorageService) => Stream.Stream<A, E>) =>
    Stream.unwrap(Effect.map(storageOf(place), use))

  const backupProgress: BackupCalls["backupProgress"] = (request) =>
    inStorage(request, (storage) => {
      const { set, ...options } = request
      const source = frameSource(services, options.framedbId)
      return set === undefined
        ? backupToObjectStorage({ ...options, source, storage })
        : backupToSet({ ...options, set, source, storage, thread })
    })

  const restoreProgress: BackupCalls["restoreProgress"] = (request) =>
    inStorage(request, (storage) => {
      const { set, keys, ...options } = request
      const problem = problemOfList("keys", keys)
      if (problem !== undefined) return Stream.fail(problem)
      const named = keys === undefined ? {} : { keys }
      if (set !== undefined) return restoreFromSet({ ...options, ...named, set, sink, storage })
      return keys === undefined ? Stream.fail(noKeys) : restoreFromBackup({ ...options, keys, sink, storage })
    })

  const verifyProgress: BackupCalls["verifyProgress"] = (request) =>
    inStorage(request, (storage): Stream.Stream<BulkProgress<RestoreFailure>, RestoreFailure> => {
      const { set, keys, ...options } = request
      const problem = problemOfList("keys", keys)
      if (problem !== undefined) return Stream.fail(problem)
      const named = keys === undefined ? {} : { keys }
      if (set !== undefined) return verifySet({ ...options, ...named, set, storage })
      return keys === undefined ? Stream.fail(noKeys) : verifyBackup({ ...options, keys, storage })
    })

  return BackupOperations.of({
    backupProgress,
    restoreProgress,
    verifyProgress,
    backupToObjectStorage: ({ onProgress, ...options }) => report(backupProgress(options), onProgress),
    restoreFromBackup: ({ onProgress, ...options }) => report(restoreProgress(options), onProgress),
    verifyBackup: ({ onProgress, ...options }) => report(verifyProgress(options), onProgress),
    listBackups: (options = {}) => inStorage(options, (storage) => listBackups({ ...options, storage })),
    listBackupSets: (options = {}) =>
      Effect.flatMap(storageOf(options), (storage) => listSets({ ...options, storage })),
    pruneBackups: ({ keep, ...options }) => {
      // Set by set, what is not in the list is removed: nothing else may be taken for a list.
      const problem = problemOfList("keep", keep ?? null) ?? problemOfKeep(keep)
      if (problem !== undefined) return Effect.fail(problem)
      return Effect.flatMap(storageOf(options), (storage) => pruneSets({ ...options, keep, storage }))
    },
  })
})

/** Provides the operations. Uses an `ObjectStorage` where one is provided too. */
export const layer = (
  options: FrameDBOptions,
): Layer.Layer<BackupOperations, never, Connections | ObjectRouting | Routes | ObjectReader | ObjectWriter> =>
  Layer.effect(BackupOperations, make(options))

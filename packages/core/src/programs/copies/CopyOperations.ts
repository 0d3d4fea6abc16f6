/** Copies of objects on other instances, as a service. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { type FramedbId, problemOfFramedbId } from "../../domain/FramedbId.ts"
import type { ObjectType } from "../../domain/FramedbType.ts"
import type { ObjectInfo } from "../../domain/FrameObject.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { problemOf } from "../../errors/OptionRules.ts"
import { ObjectRouting } from "../../ports/ObjectRouting.ts"
import { type BulkBounds, type BulkKeys, type BulkProgress, type BulkReport, report } from "../bulk/Bulk.ts"
import { boundRules } from "../bulk/boundRules.ts"
import type { FrameDBOptions } from "../FrameDBOptions.ts"
import { type ConnectError, Connections } from "../instances/Connections.ts"
import { makeInsertBytes } from "../large/insertBytes.ts"
import { makeAskChunks } from "../large/placedChunks.ts"
import { makeFindStored } from "../large/StoredBytes.ts"
import { infoOfRoute } from "../objects/infoOfRoute.ts"
import { problemOfKeyArgument } from "../objects/SetObject.ts"
import { makeClearPlace } from "../places/clearPlace.ts"
import { QueueOperations } from "../queues/QueueOperations.ts"
import { retrying } from "../retrying.ts"
import { Routes } from "../routes/Routes.ts"
import { makeBulkCopy } from "./bulkCopy.ts"
import type { CopyServices } from "./CopyServices.ts"
import { makeCopyBatch } from "./copyBatch.ts"
import { type CopyError, makeCopyObject } from "./copyObject.ts"
import { makeCopySettled } from "./copySettled.ts"
import { makeCopyTarget } from "./copyTarget.ts"
import { makeRemoveCopy } from "./removeCopy.ts"
import { makeFindUnsettled } from "./unsettledCopies.ts"

/** How copies of many objects are made. */
export interface BulkBackupOptions extends BulkBounds {
  /** The kind of the target, needed only where its id is one of both kinds. */
  readonly targetType?: ObjectType
}

/** The operations. */
export interface CopyCalls {
  /**
   * Copies an object of any size to another instance, reads the copy back, and registers it, so that reads find it when the
   * primary is away. Ends `copySettleMillis` later, when every client sees the copy and none has overwritten the object
   * unseen: from then on each overwrite of theirs is the copy's too. Done again it compares and changes nothing. `targetType` is needed only where the id is one of both
   * kinds of instance. A queue is refused with `InvalidArgument`, as is an object that lives at the target, or is moved there by another
   * client meanwhile: what that one has written stays.
   */
  readonly createBackup: (
    key: string,
    targetFramedbId: string,
    targetType?: ObjectType,
  ) => Effect.Effect<ObjectInfo, CopyError>
  /**
   * Copies many objects and reports what became of each key. By default 1,024 keys and 64 MiB at once. Stays with the copies
   * as `createBackup` does, with all of them together.
   */
  readonly createBulkBackup: <E = never>(
    keys: BulkKeys<E>,
    targetFramedbId: string,
    options?: BulkBackupOptions & {
      readonly onProgress?: (progress: BulkProgress<CopyError>) => Effect.Effect<void>
    },
  ) => Effect.Effect<BulkReport<CopyError>, E | ConnectError>
  /** The same as a stream of what happens. */
  readonly bulkBackupProgress: <E = never>(
    keys: BulkKeys<E>,
    targetFramedbId: string,
    options?: BulkBackupOptions,
  ) => Stream.Stream<BulkProgress<CopyError>, E | ConnectError>
  /**
   * Removes a copy from an instance and says whether there was one. The primary stays, also one that another client moves
   * there meanwhile.
   */
  readonly removeCopy: (key: string, framedbId: string) => Effect.Effect<boolean, ConnectError>
}

/** The service of the operations. */
export class CopyOperations extends Context.Service<CopyOperations, CopyCalls>()("@framedb/core/CopyOperations") {}

const makeServices = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const base = { connections: yield* Connections, repeat: retrying(options) }
  const ask = makeAskChunks(base)
  const routes = yield* Routes
  const services: CopyServices = {
    ...base,
    ask,
    routes,
    findQueue: (yield* QueueOperations).findQueue,
    find: makeFindStored(ask, base),
    insertBytes: makeInsertBytes(ask, base),
    clearPlace: makeClearPlace({ ...base, ask, routes }),
    settleMillis: options.copySettleMillis,
  }
  return services
})

/** Builds the service. */
export const make = Effect.fnUntraced(function* (options: FrameDBOptions) {
  const services = yield* makeServices(options)
  const routing = yield* ObjectRouting
  const targetOf = makeCopyTarget(services)
  const copyObject = makeCopyObject(services)
  const copyMany = makeCopyBatch(services)
  const findUnsettled = makeFindUnsettled({ ...services, routing })
  const copySettled = makeCopySettled({ ...services, copyObject, findUnsettled })
  const bulkCopy = makeBulkCopy({ ...services, routing, copyObject, copyMany, copySettled, findUnsettled })
  const removeCopy = makeRemoveCopy(services)

  const bulkBackupProgress: CopyCalls["bulkBackupProgress"] = (keys, id, options = {}) => {
    const problem = problemOf<BulkBounds>(options, boundRules)
    if (problem !== undefined) return Stream.fail(problem)
    return Stream.unwrap(Effect.map(targetOf(id, options.targetType), (target) => bulkCopy(keys, target, options)))
  }

  return CopyOperations.of({
    createBackup: Effect.fn("FrameDB.createBackup")(function* (key: string, id: string, type?: ObjectType) {
      const problem = problemOfKeyArgument(key)
      if (problem !== undefined) return yield* problem
      const target = yield* targetOf(id, type)
      const { route, sizeBytes } = yield* copySettled(key as ObjectKey, target) // Validated above.
      return { ...infoOfRoute(route), sizeBytes }
    }),
    createBulkBackup: (keys, id, options = {}) => report(bulkBackupProgress(keys, id, options), options.onProgress),
    bulkBackupProgress,
    removeCopy: (key, id) => {
      const message = problemOfFramedbId(id)
      const wrong = message === undefined ? undefined : new InvalidArgument({ argument: "framedbId", message })
      const problem = problemOfKeyArgument(key) ?? wrong
      // Both are validated above.
      return problem === undefined ? removeCopy(key as ObjectKey, id as FramedbId) : Effect.fail(problem)
    },
  })
})

/** Provides the service. */
export const layer = (
  options: FrameDBOptions,
): Layer.Layer<CopyOperations, never, Connections | ObjectRouting | QueueOperations | Routes> =>
  Layer.effect(CopyOperations, make(options))

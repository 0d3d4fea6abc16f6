/** FrameDB as the source and the sink of backups. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { Location } from "../../domain/Location.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import type { ObjectRoute } from "../../domain/Route.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import type { ObjectRouting } from "../../ports/ObjectRouting.ts"
import { collectBytes } from "../../storage/collectBytes.ts"
import { makeMeasureUnknown } from "../bulk/measureUnknown.ts"
import { cutBatches, groupByPlace } from "../bulk/routeBatches.ts"
import type { Connections } from "../instances/Connections.ts"
import type { ObjectReader, ReadError } from "../objects/ObjectReader.ts"
import type { ObjectWriter, WriteError } from "../objects/ObjectWriter.ts"
import type { OpenObject, ReadObjectError, ReadObjectOptions } from "../objects/ReadObject.ts"
import { problemOfTarget } from "../objects/SetObject.ts"
import type { retrying } from "../retrying.ts"
import { type DescribedRoute, describeRoute, type Routes } from "../routes/Routes.ts"
import type {
  BackupBatch,
  BackupObject,
  BackupSink,
  BackupSource,
  BatchedObject,
  RestoredObject,
} from "./BackupSource.ts"

/** What backups need of FrameDB. */
export interface FrameServices {
  readonly routes: Routes["Service"]
  readonly routing: ObjectRouting["Service"]
  readonly connections: Connections["Service"]
  readonly reader: ObjectReader["Service"]
  readonly writer: ObjectWriter["Service"]
  readonly readObject: (key: ObjectKey, options?: ReadObjectOptions) => Effect.Effect<OpenObject, ReadObjectError>
  readonly repeat: ReturnType<typeof retrying>
}

/** What reading an object for a backup can fail with. */
export type SourceError = ReadError | ReadObjectError

/** Larger objects are opened before they are read, so that size, digest and bytes are of one version. In bytes. */
const openedAboveBytes = 4 * 1024 * 1024

/** Instances that are asked at once for the objects of one window. */
const instancesAtOnce = 4

/** What writing a restored object can fail with. */
export type SinkError = WriteError

const isOn = (route: ObjectRoute, framedbId: string): boolean =>
  route.framedbId === framedbId || route.copies.some((copy) => copy.framedbId === framedbId)

/** Objects by their keys; with `framedbId`, only those that this instance holds, as primary or as a copy. */
export const frameSource = (services: FrameServices, framedbId: string | undefined): BackupSource<SourceError> => {
  const { routes, reader, readObject, repeat } = services
  const open = Effect.fnUntraced(function* (key: ObjectKey) {
    const found = yield* repeat(routes.lookup(key))
    if (Option.isNone(found)) return yield* new ObjectNotFound({ key })
    const route = found.value
    if (framedbId !== undefined && !isOn(route, framedbId)) {
      const message = `${JSON.stringify(key)} is on ${JSON.stringify(route.framedbId)}, not on ${JSON.stringify(framedbId)}`
      return yield* new InvalidArgument({ argument: "framedbId", message })
    }
    const known = propertiesOf(route)
    if (route.sizeBytes > openedAboveBytes) return { ...known, ...largeBytes(yield* readObject(key)) }
    const bytes = Effect.map(readFresh(reader, key), ({ data }) => data)
    const small: BackupObject<SourceError> = { ...known, bytes, stream: Stream.fromEffect(bytes) }
    return small
  })
  return { open, findBatches: makeFindBatches(services, framedbId) }
}

const propertiesOf = (route: DescribedRoute): BatchedObject => ({
  key: route.key,
  framedbId: route.framedbId,
  type: route.type,
  metadata: route.described.metadata,
  content: route.described.content,
  sizeBytes: route.sizeBytes,
})

/** Batches of what lies plain on its primary. What fails here fails again where it is opened, and then says why. */
const makeFindBatches = ({ connections, routing, repeat }: FrameServices, framedbId: string | undefined) => {
  const measureUnknown = makeMeasureUnknown({ connections, repeat })

  const batchesAt = Effect.fnUntraced(function* (place: Location, group: ReadonlyArray<ObjectRoute>, maxBytes: number) {
    const limits = yield* repeat(connections.use(place, ({ connection }) => Effect.succeed(connection.objects.limits)))
    const wholeBytes = Math.min(maxBytes, limits.inlineBytes)
    const measured = yield* measureUnknown(group)
    const plain = measured.filter(({ sizeBytes }) => sizeBytes <= wholeBytes)
    const bounds = { batchKeys: limits.batchKeys, batchBytes: Math.min(limits.batchBytes, maxBytes) }
    return cutBatches(plain, bounds).map((routes): BackupBatch => {
      const keys = routes.map(({ key }) => key)
      const read = repeat(connections.use(place, ({ connection }) => connection.objects.getMany(keys)))
      return {
        objects: routes.map((route) => propertiesOf(describeRoute(route))),
        read: Effect.match(read, {
          onSuccess: (values) => values.map(Option.getOrUndefined),
          onFailure: () => keys.map(() => undefined),
        }),
      }
    })
  })

  return Effect.fnUntraced(function* (keys: ReadonlyArray<ObjectKey>, maxBytes: number) {
    const found = yield* Effect.orElseSucceed(
      repeat(routing.findMany(keys)),
      (): ReadonlyArray<Option.Option<ObjectRoute>> => [],
    )
    const routes = found.flatMap(Option.toArray).filter((route) => framedbId === undefined || isOn(route, framedbId))
    const batches = yield* Effect.forEach(
      groupByPlace(routes),
      ([place, group]) => Effect.orElseSucceed(batchesAt(place, group, maxBytes), (): ReadonlyArray<BackupBatch> => []),
      { concurrency: instancesAtOnce },
    )
    return batches.flat()
  })
}

const largeBytes = ({ info, sha256, stream }: OpenObject) => ({
  sizeBytes: info.sizeBytes,
  bytes: collectBytes(stream),
  stream,
  ...(sha256 === undefined ? {} : { sha256 }),
})

/** Past the cache: what another process wrote within the cache's time belongs into the backup. */
const readFresh = (reader: ObjectReader["Service"], key: ObjectKey) =>
  Effect.callback<{ readonly data: Uint8Array }, ReadError>((resume) => Effect.sync(reader.start(key, resume)))

/** Writes objects where they were, or where the restore was told to put them. */
export const frameSink = ({ writer }: FrameServices): BackupSink<SinkError> => {
  const write = Effect.fnUntraced(function* ({ body, sizeBytes: _, ...object }: RestoredObject) {
    const problem = problemOfTarget(object)
    if (problem !== undefined) return yield* problem
    const placed = { ...object, framedbId: object.framedbId as FramedbId } // Validated above.
    if (body instanceof Uint8Array) yield* writer.write({ ...placed, data: new Uint8Array(body) })
    else yield* writer.writeStream(placed, body)
  })
  return { write }
}

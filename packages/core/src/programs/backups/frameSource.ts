/** FrameDB as the source and the sink of backups. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { FramedbId } from "../../domain/FramedbId.ts"
import type { ObjectKey } from "../../domain/ObjectKey.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { ObjectNotFound } from "../../errors/ObjectNotFound.ts"
import { collectBytes } from "../../storage/collectBytes.ts"
import type { ObjectReader, ReadError } from "../objects/ObjectReader.ts"
import type { ObjectWriter, WriteError } from "../objects/ObjectWriter.ts"
import type { OpenObject, ReadObjectError, ReadObjectOptions } from "../objects/ReadObject.ts"
import { problemOfTarget } from "../objects/SetObject.ts"
import type { retrying } from "../retrying.ts"
import type { DescribedRoute, Routes } from "../routes/Routes.ts"
import type { BackupObject, BackupSink, BackupSource, RestoredObject } from "./BackupSource.ts"

/** What backups need of FrameDB. */
export interface FrameServices {
  readonly routes: Routes["Service"]
  readonly reader: ObjectReader["Service"]
  readonly writer: ObjectWriter["Service"]
  readonly readObject: (key: ObjectKey, options?: ReadObjectOptions) => Effect.Effect<OpenObject, ReadObjectError>
  readonly repeat: ReturnType<typeof retrying>
}

/** What reading an object for a backup can fail with. */
export type SourceError = ReadError | ReadObjectError

/** Larger objects are opened before they are read, so that size, digest and bytes are of one version. In bytes. */
const openedAboveBytes = 4 * 1024 * 1024

/** What writing a restored object can fail with. */
export type SinkError = WriteError

const isOn = (route: DescribedRoute, framedbId: string): boolean =>
  route.framedbId === framedbId || route.copies.some((copy) => copy.framedbId === framedbId)

/** Objects by their keys; with `framedbId`, only those that this instance holds, as primary or as a copy. */
export const frameSource = (
  { routes, reader, readObject, repeat }: FrameServices,
  framedbId: string | undefined,
): BackupSource<SourceError> => {
  const open = Effect.fnUntraced(function* (key: ObjectKey) {
    const found = yield* repeat(routes.lookup(key))
    if (Option.isNone(found)) return yield* new ObjectNotFound({ key })
    const route = found.value
    if (framedbId !== undefined && !isOn(route, framedbId)) {
      const message = `${JSON.stringify(key)} is on ${JSON.stringify(route.framedbId)}, not on ${JSON.stringify(framedbId)}`
      return yield* new InvalidArgument({ argument: "framedbId", message })
    }
    const known = { key, framedbId: route.framedbId, type: route.type, ...route.described }
    if (route.sizeBytes > openedAboveBytes) return { ...known, ...largeBytes(yield* readObject(key)) }
    const bytes = Effect.map(readFresh(reader, key), ({ data }) => data)
    const small: BackupObject<SourceError> = {
      ...known,
      sizeBytes: route.sizeBytes,
      bytes,
      stream: Stream.fromEffect(bytes),
    }
    return small
  })
  return { open }
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

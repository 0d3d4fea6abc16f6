/** Reads a file as a stored object: the handle stays on one version while the name is renamed over. */
import * as fs from "node:fs/promises"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { BackendError } from "../../errors/BackendError.ts"
import type { StorageRange, StoredObject } from "../../ports/ObjectStorage.ts"
import { storageError } from "../storageError.ts"
import { spanOf } from "../storageName.ts"
import { isInPlace } from "./FolderPlace.ts"
import { folderError, isAbsent } from "./folderError.ts"

const failed = folderError("get")

type Piece = Pull.Pull<readonly [Uint8Array], BackendError>

const readPieces = (
  handle: fs.FileHandle,
  start: number,
  end: number,
  pieceBytes: number,
): Stream.Stream<Uint8Array, BackendError> =>
  Stream.fromPull(
    Effect.sync(() => {
      let at = start
      return Effect.suspend((): Piece => {
        if (at >= end) return Cause.done()
        const buffer = new Uint8Array(Math.min(pieceBytes, end - at))
        return Effect.flatMap(
          Effect.tryPromise({ try: () => handle.read(buffer, 0, buffer.byteLength, at), catch: failed }),
          ({ bytesRead }) => {
            if (bytesRead === 0)
              return Effect.fail(storageError("get", "Unexpected", "the file was cut while it was read"))
            at += bytesRead
            return Effect.succeed([buffer.subarray(0, bytesRead)] as const)
          },
        )
      })
    }),
  )

/** Without waiting for whoever would write to a pipe, and failing where a link has come to the end of the path. */
const flags = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOFOLLOW

const openInPlace = async (file: string): Promise<fs.FileHandle | undefined> => {
  if (!(await isInPlace(file))) return undefined
  try {
    return await fs.open(file, flags)
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined
    throw thrown
  }
}

/** Opens a file; `None` where there is none. */
export const openFile = (request: {
  readonly name: string
  readonly file: string
  readonly range: StorageRange | undefined
  readonly pieceBytes: number
}): Effect.Effect<Option.Option<StoredObject>, BackendError, Scope.Scope> =>
  Effect.gen(function* () {
    const handle = yield* Effect.acquireRelease(
      Effect.tryPromise({ try: () => openInPlace(request.file), catch: failed }),
      (opened) => Effect.promise(() => opened?.close().catch(() => undefined) ?? Promise.resolve()),
    )
    if (handle === undefined) return Option.none()
    const stat = yield* Effect.tryPromise({ try: () => handle.stat(), catch: failed })
    if (!stat.isFile()) return Option.none()
    const { end, start } = spanOf(request.range, stat.size)
    return Option.some({
      info: { name: request.name, sizeBytes: stat.size, attributes: {} },
      body: readPieces(handle, start, end, request.pieceBytes),
    })
  })

/** Bytes to files, or to the standard output. */
import { fstatSync, type Stats } from "node:fs"
import * as fs from "node:fs/promises"
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type { InvalidArgument } from "framedb"
import { type FileFailed, unusable } from "./fileProblem.ts"
import { isFile } from "./readBytes.ts"
import { replaceFile } from "./replaceFile.ts"
import { type Sink, writeInto } from "./Sink.ts"
import { standardOutput } from "./standardOutput.ts"
import { openDevice, openPipe } from "./writeThrough.ts"

const isAbsent = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

const statOf = (path: string): Promise<Stats | undefined> =>
  fs.stat(path).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return undefined
    throw thrown
  })

/** Where a link that leads nowhere yet leads in the end; any other path as it is. */
const endOfLinks = async (path: string): Promise<string> => {
  const next = await fs.readlink(path).catch(() => undefined)
  return next === undefined ? path : endOfLinks(resolve(dirname(path), next))
}

/** Whether a path is another name of the standard output, such as `/dev/stdout`. */
const isStandardOutput = ({ dev, ino }: Stats): boolean => {
  const own = fstatSync(process.stdout.fd)
  return own.dev === dev && own.ino === ino
}

const openPath = (path: string): Effect.Effect<Sink, InvalidArgument> => {
  const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: unusable(path) })
  return Effect.flatMap(
    attempt(() => statOf(path)),
    (found) => {
      if (found === undefined) return attempt(async () => replaceFile(await endOfLinks(path), undefined))
      if (isStandardOutput(found)) return Effect.succeed(standardOutput)
      if (found.isFile()) return attempt(async () => replaceFile(await fs.realpath(path), found))
      return found.isFIFO() ? openPipe(path) : attempt(() => openDevice(path))
    },
  )
}

/**
 * Writes a stream to a file, or to the standard output where none is named, holding one piece. A file is there whole or as it
 * was before, with its permissions; a link stays one; a device or a pipe is written through.
 */
export const writeBytes = <E>(
  path: Option.Option<string>,
  data: Stream.Stream<Uint8Array, E>,
): Effect.Effect<void, E | InvalidArgument | FileFailed> =>
  isFile(path)
    ? writeInto(path.value, openPath(path.value), data)
    : writeInto("the standard output", Effect.succeed(standardOutput), data)

/** Bytes and lines from files, or from the standard input; bytes to files, or to the standard output. */
import { randomUUID } from "node:crypto"
import { createReadStream } from "node:fs"
import * as fs from "node:fs/promises"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { InvalidArgument } from "framedb"

/** What stands for the standard input where a file is expected, as elsewhere. */
const standard = "-"

const unusable = (path: string) => (cause: unknown) => {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new InvalidArgument({ argument: "file", message: `${path} can't be used: ${why}` })
}

const isFile = (path: Option.Option<string>): path is Option.Some<string> =>
  Option.isSome(path) && path.value !== standard

const open = (path: Option.Option<string>): Readable => (isFile(path) ? createReadStream(path.value) : process.stdin)

const nameOf = (path: Option.Option<string>) => (isFile(path) ? path.value : "the standard input")

/** The bytes of a file, or of the standard input where none is named, in pieces, as they are asked for. */
export const bytesOf = (path: Option.Option<string>): Stream.Stream<Uint8Array, InvalidArgument> =>
  Stream.suspend(() => Stream.fromAsyncIterable<Uint8Array, InvalidArgument>(open(path), unusable(nameOf(path))))

/** The same, whole: for what has to be small. */
export const readBytes = (path: Option.Option<string>): Effect.Effect<Uint8Array, InvalidArgument> =>
  Effect.tryPromise({ try: () => buffer(open(path)), catch: unusable(nameOf(path)) })

/** The lines of a file, or of the standard input for `-`, without empty ones. */
export const linesOf = (path: string): Stream.Stream<string, InvalidArgument> => {
  const file = Option.some(path)
  return Stream.suspend(() =>
    Stream.fromAsyncIterable(createInterface({ input: open(file) }), unusable(nameOf(file))),
  ).pipe(Stream.filter((line) => line !== ""))
}

const writeOut = (data: Uint8Array) =>
  Effect.tryPromise({
    try: () =>
      new Promise<void>((resolve, reject) => {
        process.stdout.write(data, (error) => (error ? reject(error) : resolve()))
      }),
    catch: unusable("the standard output"),
  })

/** Writes beside the file and renames it when all is there, so that a failed read leaves what was there before. */
const writeFile = Effect.fnUntraced(function* <E>(path: string, data: Stream.Stream<Uint8Array, E>) {
  const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: unusable(path) })
  const aside = `${path}.${randomUUID()}.part`
  const file = yield* Effect.acquireRelease(
    attempt(() => fs.open(aside, "wx")),
    (opened, exit) =>
      Effect.promise(async () => {
        await opened.close()
        if (Exit.isFailure(exit)) await fs.rm(aside, { force: true })
      }),
  )
  yield* Stream.runForEach(data, (piece) => attempt(() => file.writeFile(piece)))
  yield* attempt(() => fs.rename(aside, path))
}, Effect.scoped)

/** Writes a stream to a file, or to the standard output where none is named, holding one piece. */
export const writeBytes = <E>(
  path: Option.Option<string>,
  data: Stream.Stream<Uint8Array, E>,
): Effect.Effect<void, E | InvalidArgument> =>
  isFile(path) ? writeFile(path.value, data) : Stream.runForEach(data, writeOut)

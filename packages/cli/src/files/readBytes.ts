/** Bytes and lines from files, or from the standard input. */
import { createReadStream } from "node:fs"
import { createInterface } from "node:readline"
import type { Readable } from "node:stream"
import { buffer } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { InvalidArgument } from "framedb"
import { unusable } from "./fileProblem.ts"

/** What stands for the standard input or output where a file is expected, as elsewhere. */
const standard = "-"

/** Whether a path is that of a file. */
export const isFile = (path: Option.Option<string>): path is Option.Some<string> =>
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

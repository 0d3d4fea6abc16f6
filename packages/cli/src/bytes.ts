/** Bytes in and out: files, and the standard streams. */
import { readFile, writeFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { InvalidArgument } from "framedb"

const reading = (path: string) => (cause: unknown) =>
  new InvalidArgument({ argument: "file", message: `${path} can't be used: ${String(cause)}` })

/** Reads a file, or the standard input where none is named. */
export const readBytes = (path: Option.Option<string>): Effect.Effect<Uint8Array, InvalidArgument> =>
  Effect.tryPromise({
    try: (signal) => (Option.isSome(path) ? readFile(path.value, { signal }) : buffer(process.stdin)),
    catch: reading(Option.getOrElse(path, () => "the standard input")),
  })

/** Writes a file, or the standard output where none is named. */
export const writeBytes = (path: Option.Option<string>, data: Uint8Array): Effect.Effect<void, InvalidArgument> =>
  Effect.tryPromise({
    try: (signal) =>
      Option.isSome(path)
        ? writeFile(path.value, data, { signal })
        : new Promise<void>((resolve, reject) => {
            process.stdout.write(data, (error) => (error ? reject(error) : resolve()))
          }),
    catch: reading(Option.getOrElse(path, () => "the standard output")),
  })

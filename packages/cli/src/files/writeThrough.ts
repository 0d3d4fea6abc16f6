/** Devices and pipes, which are written as they are: nothing can take their place. */
import { constants, openSync } from "node:fs"
import * as fs from "node:fs/promises"
import { Socket } from "node:net"
import * as Effect from "effect/Effect"
import type { InvalidArgument } from "framedb"
import { unusable } from "./fileProblem.ts"
import type { Sink } from "./Sink.ts"

/** A device. */
export const openDevice = async (path: string): Promise<Sink> => {
  const file = await fs.open(path, constants.O_WRONLY)
  const close = () => file.close()
  return { write: (piece) => file.writeFile(piece), finish: close, discard: () => close().catch(() => {}) }
}

/** How long to wait between two looks whether a pipe has a reader. */
const readerPollMillis = 50

const hasNoReader = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENXIO"

const pipeSink = (fd: number): Sink => {
  const socket = new Socket({ fd, readable: false, writable: true })
  // What goes wrong is told by the write that it goes wrong for.
  socket.on("error", () => {})
  return {
    write: (piece) =>
      new Promise((resolve, reject) => {
        socket.write(piece, (error) => (error ? reject(error) : resolve()))
      }),
    finish: () =>
      new Promise((resolve) => {
        socket.once("close", () => resolve())
        socket.end(() => socket.destroy())
      }),
    discard: async () => {
      socket.destroy()
    },
  }
}

/**
 * A named pipe, as soon as something reads it. Opened in the usual way it would hold a thread until then, which nothing could
 * interrupt, nor the end of the process.
 */
export const openPipe = (path: string): Effect.Effect<Sink, InvalidArgument> =>
  Effect.try({
    try: () => pipeSink(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)),
    catch: (thrown) => thrown,
  }).pipe(
    Effect.catch((thrown) =>
      hasNoReader(thrown)
        ? Effect.andThen(Effect.interruptible(Effect.sleep(readerPollMillis)), openPipe(path))
        : Effect.fail(unusable(path)(thrown)),
    ),
  )

import { InvalidArgument } from "@framedb/core"
import * as Layer from "effect/Layer"
import type { ClientLayer } from "./ClientConnection.ts"
import { CopyMethods } from "./CopyMethods.ts"
import * as FrameDBLive from "./FrameDBLive.ts"
import * as FrameDBMemory from "./FrameDBMemory.ts"

type Source = FrameDBLive.FrameDBLiveOptions | ClientLayer

const isLayer = (source: Source): source is ClientLayer => Layer.isLayer(source)

const layerOf = (source: Source): ClientLayer => {
  // Plain JavaScript can leave it out.
  if (typeof source !== "object" || source === null) {
    const message = "options has to be an object with clusterUrl and routingUrl, or a layer"
    throw new InvalidArgument({ argument: "options", message })
  }
  if (isLayer(source)) return source
  const layer = FrameDBLive.checkedLayer(source)
  if (layer instanceof InvalidArgument) throw layer
  return layer
}

/**
 * FrameDB for plain TypeScript: the methods of the `FrameDB` service as Promises and async iterables.
 *
 * A call rejects with the same error classes that the effects fail with, or with the reason of an aborted `signal`. It connects
 * when it is first used; `close`, or `await using`, ends every connection.
 */
export class FrameDBClient extends CopyMethods {
  /** Takes the options of `FrameDBLive.layer`, or a layer. Throws `InvalidArgument` for options that can't be used. */
  constructor(source: Source) {
    super(layerOf(source))
  }

  /** A client whose data lives in this process and goes with it: for tests and examples. */
  static memory(options: FrameDBMemory.FrameDBMemoryOptions = {}): FrameDBClient {
    return new FrameDBClient(FrameDBMemory.layer(options))
  }

  /** A client with the options that the environment gives: see `FrameDBLive.layerConfig`. */
  static fromEnvironment(): FrameDBClient {
    return new FrameDBClient(FrameDBLive.layerConfig)
  }
}

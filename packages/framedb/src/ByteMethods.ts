/** The methods of the Promise client that deal with objects as streams of bytes, of any size. */
import {
  type ByteSource,
  type CollectGarbageOptions,
  type GarbageReport,
  type ObjectInfo,
  type ReadObjectOptions,
  toByteStream,
  type WriteObjectTarget,
} from "@framedb/core"
import { ClientOpenObject } from "./ClientOpenObject.ts"
import { ObjectMethods } from "./ObjectMethods.ts"
import type { CallOptions } from "./Runner.ts"

/** The methods of `FrameDBClient` that write and read objects of any size as streams. */
export abstract class ByteMethods extends ObjectMethods {
  /**
   * Stores bytes of unknown length: a Node Readable or a file's stream, a web ReadableStream, an iterable or async iterable
   * of `Uint8Array`s. It is asked for one piece at a time, no faster than they are stored. A piece must not change before the
   * next one is asked for, or the call has ended. See `FrameDB.writeObject`.
   */
  writeObject(
    key: string | undefined,
    source: ByteSource,
    options: WriteObjectTarget & CallOptions,
  ): Promise<ObjectInfo> {
    return this.callWith(options, (db, target) => db.writeObject(key, toByteStream(source), target))
  }

  /** Opens an object to be read piece by piece, whole or in part. The signal stops the reading, too. See `FrameDB.readObject`. */
  async readObject(key: string, options: ReadObjectOptions & CallOptions = {}): Promise<ClientOpenObject> {
    const opened = await this.callWith(options, (db, how) => db.readObject(key, how))
    return new ClientOpenObject(opened, () => this.runner.iterate(opened.stream, options.signal))
  }

  /** Removes what writers that died, and large objects that were replaced, have left on an instance. See `FrameDB.collectGarbage`. */
  collectGarbage(options: CollectGarbageOptions & CallOptions): Promise<GarbageReport> {
    return this.callWith(options, (db, where) => db.collectGarbage(where))
  }
}

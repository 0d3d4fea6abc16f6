import type { ObjectInfo, ObjectSource, OpenObject } from "@framedb/core"

/**
 * An object that was opened: `for await` gives its bytes in pieces of at most 1 MiB, read as the loop asks for them, and
 * leaving the loop stops the reading. `Readable.from(object)` makes a Node stream of it. See `OpenObject`.
 */
export class ClientOpenObject implements AsyncIterable<Uint8Array<ArrayBuffer>> {
  readonly #iterate: () => AsyncGenerator<Uint8Array<ArrayBuffer>>
  /** What is known of the version and the place that are read. */
  readonly info: ObjectInfo
  readonly source: ObjectSource
  /** The digest of the whole object in hexadecimal, where it is stored with the bytes. */
  readonly sha256: string | undefined

  constructor({ info, source, sha256 }: OpenObject, iterate: () => AsyncGenerator<Uint8Array<ArrayBuffer>>) {
    this.#iterate = iterate
    this.info = info
    this.source = source
    this.sha256 = sha256
  }

  [Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    return this.#iterate()
  }

  /** The bytes as a web stream, such as the body of a `Response`. */
  webStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const iterator = this.#iterate()
    return new ReadableStream({
      pull: async (controller) => {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      cancel: async () => {
        await iterator.return(undefined)
      },
    })
  }
}

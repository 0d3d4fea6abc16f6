import type { Writable } from "node:stream"
import { Command } from "ioredis"

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`

/**
 * `SET name data PX millis`, whose bytes go to the socket as they are. The driver's own command copies them into one buffer
 * with everything else first, which for chunks is as much garbage as there are bytes in the object.
 */
export class PutChunk extends Command {
  readonly #head: string
  readonly #data: Buffer
  readonly #tail: string

  constructor(name: string, data: Buffer, expiryMillis: number) {
    super("set", [name, data, "PX", String(expiryMillis)])
    this.#head = `*5\r\n${bulk("set")}${bulk(name)}$${data.byteLength}\r\n`
    this.#data = data
    this.#tail = `\r\n${bulk("PX")}${bulk(String(expiryMillis))}`
  }

  /** Writes all but the end, which the driver writes right after. */
  override toWritable(socket: object): string {
    // The driver gives the socket that it writes to.
    const stream = socket as Writable
    stream.cork()
    stream.write(this.#head)
    stream.write(this.#data)
    process.nextTick(() => stream.uncork())
    return this.#tail
  }
}

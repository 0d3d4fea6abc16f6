import { MessageChannel } from "node:worker_threads"
import { describe, expect, it } from "vitest"
import { ReplyBytes } from "../src/domain/ReplyBytes.ts"

const read = (sizeBytes: number) => new Uint8Array(sizeBytes).map((_, index) => index % 251)

describe("ReplyBytes", () => {
  it("gives what was read without a copy, however little of it", () => {
    const chunk = read(64 * 1024)
    const part = new ReplyBytes().of(chunk.subarray(5, 15))
    expect(part).toEqual(chunk.slice(5, 15))
    expect(part.buffer).toBe(chunk.buffer)
  })

  it("copies what would hold on to more than a socket reads at once, unless it is most of that itself", () => {
    const chunk = read(1024 * 1024)
    const replies = new ReplyBytes()
    const small = replies.of(chunk.subarray(7, 17))
    expect(small).toEqual(chunk.slice(7, 17))
    expect(small.buffer.byteLength).toBe(10)
    expect(replies.of(chunk.subarray(7)).buffer).toBe(chunk.buffer)
  })

  it("copies what lies in memory that another thread may write to", () => {
    const shared = new Uint8Array(new SharedArrayBuffer(4))
    expect(new ReplyBytes().of(shared).buffer).toBeInstanceOf(ArrayBuffer)
  })

  it("lets nobody move memory to another thread that others have a part of", () => {
    const chunk = read(4096)
    const replies = new ReplyBytes()
    const [one, other] = [replies.of(chunk.subarray(0, 1024)), replies.of(chunk.subarray(1024, 2048))]
    const { port1, port2 } = new MessageChannel()
    expect(() => port1.postMessage(one.buffer, [one.buffer])).toThrow()
    expect(other).toEqual(chunk.slice(1024, 2048))
    port1.close()
    port2.close()
  })

  it("leaves alone what nobody else has a part of", () => {
    const lone = new ReplyBytes().of(read(1031).subarray(7))
    const { port1, port2 } = new MessageChannel()
    port1.postMessage(lone.buffer, [lone.buffer])
    expect(lone.byteLength).toBe(0)
    port1.close()
    port2.close()
  })
})

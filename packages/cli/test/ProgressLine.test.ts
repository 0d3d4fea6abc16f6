import { assert, describe, it } from "@effect/vitest"
import { ProgressLine } from "../src/ProgressLine.ts"

const drawn = (isTTY: boolean, total: number | undefined, columns?: number) => {
  const written: Array<string> = []
  const line = new ProgressLine({ isTTY, columns, write: (text) => written.push(text) }, total, 0)
  return { line, written }
}

const totals = { succeeded: 5, skipped: 1, failed: 0, bytes: 2048 }

describe("progress", () => {
  it("is one line that is drawn again, and gone at the end, where a person watches", () => {
    const { line, written } = drawn(true, 12)
    line.update(totals, 50)
    line.update(totals, 100)
    line.update({ ...totals, failed: 1 }, 200)
    line.clear()
    line.clear()
    assert.deepEqual(written, [
      "\r\x1b[K████████████░░░░░░░░░░░░ 6 of 12 objects, 2.0 KiB",
      "\r\x1b[K██████████████░░░░░░░░░░ 7 of 12 objects, 2.0 KiB, 1 failed",
      "\r\x1b[K",
    ])
  })

  it("stays on one line of a narrow terminal", () => {
    const { line, written } = drawn(true, undefined, 12)
    line.update(totals, 100)
    assert.deepEqual(written, ["\r\x1b[K6 objects, "])
  })

  it("is a plain line every few seconds elsewhere", () => {
    const { line, written } = drawn(false, undefined)
    line.update(totals, 4_000)
    line.update(totals, 5_000)
    line.clear()
    assert.deepEqual(written, ["6 objects, 2.0 KiB\n"])
  })
})

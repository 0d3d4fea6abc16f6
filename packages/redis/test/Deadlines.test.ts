import fc from "fast-check"
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest"
import { Deadlines, type Waiting } from "../src/Deadlines.ts"

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "performance"] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe("deadlines", () => {
  test("what is answered in time does not expire, and leaves no timer after one more deadline", () => {
    const deadlines = new Deadlines(100)
    const expire = vi.fn()
    for (let count = 0; count < 3; count++) deadlines.end(deadlines.begin(expire))
    expect(vi.getTimerCount()).toBe(1)
    vi.advanceTimersByTime(101)
    expect(vi.getTimerCount()).toBe(0)
    expect(expire).not.toHaveBeenCalled()
  })

  test("closing ends the timer and every wait", () => {
    const deadlines = new Deadlines(100)
    const expire = vi.fn()
    deadlines.begin(expire)
    deadlines.close()
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(1_000)
    expect(expire).not.toHaveBeenCalled()
  })

  test("a wait that begins while another expires has its own deadline", () => {
    const deadlines = new Deadlines(100)
    const second = vi.fn()
    deadlines.begin(() => deadlines.begin(second))
    vi.advanceTimersByTime(150)
    expect(second).not.toHaveBeenCalled()
    vi.advanceTimersByTime(55)
    expect(second).toHaveBeenCalledOnce()
  })

  test("ending a wait that has expired, or twice, changes nothing", () => {
    const deadlines = new Deadlines(100)
    const first = deadlines.begin(() => {})
    vi.advanceTimersByTime(101)
    deadlines.end(first)
    const expire = vi.fn()
    const second = deadlines.begin(expire)
    deadlines.end(first)
    deadlines.end(second)
    deadlines.end(second)
    vi.advanceTimersByTime(1_000)
    expect(expire).not.toHaveBeenCalled()
  })

  test("each wait expires once, when it is due and not before, however waits come and go", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("begin" as const) }),
      fc.record({ kind: fc.constant("end" as const), which: fc.nat(20) }),
      fc.record({ kind: fc.constant("pass" as const), millis: fc.integer({ min: 1, max: 70 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const deadlines = new Deadlines(100)
        const waits: Array<{ waiting: Waiting; since: number; ended: boolean; expired: Array<number> }> = []
        for (const taken of steps) {
          if (taken.kind === "begin") {
            const expired: Array<number> = []
            const waiting = deadlines.begin(() => expired.push(performance.now()))
            waits.push({ waiting, since: performance.now(), ended: false, expired })
          } else if (taken.kind === "pass") vi.advanceTimersByTime(taken.millis)
          else {
            const wait = waits[taken.which]
            if (wait === undefined || wait.expired.length > 0) continue
            deadlines.end(wait.waiting)
            wait.ended = true
          }
        }
        vi.advanceTimersByTime(220)
        for (const { since, ended, expired } of waits) {
          expect(expired).toHaveLength(ended ? 0 : 1)
          for (const at of expired) {
            expect(at - since).toBeGreaterThanOrEqual(99)
            expect(at - since).toBeLessThanOrEqual(105)
          }
        }
      }),
    )
  })
})

import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { GenerationalMap } from "../../src/programs/routes/GenerationalMap.ts"

describe("GenerationalMap", () => {
  it("never gives a value that was not set last, and keeps what was used within half its size", () => {
    const step = fc.record({ action: fc.constantFrom("set", "get", "delete"), key: fc.integer({ min: 0, max: 12 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const map = new GenerationalMap<number, number>(8)
        const model = new Map<number, number>()
        const recent: Array<number> = []
        steps.forEach(({ action, key }, index) => {
          if (action === "set") {
            map.set(key, index)
            model.set(key, index)
          } else if (action === "delete") {
            map.delete(key)
            model.delete(key)
          } else {
            const value = map.get(key)
            if (value !== undefined) assert.strictEqual(value, model.get(key))
            const isRecent = recent.slice(-4).includes(key) && model.has(key)
            if (isRecent && new Set(recent.slice(-4)).size <= 4) assert.strictEqual(value, model.get(key))
          }
          if (model.has(key)) recent.push(key)
        })
      }),
    )
  })

  it("keeps nothing when it may keep nothing", () => {
    const map = new GenerationalMap<string, number>(0)
    map.set("a", 1)
    assert.isUndefined(map.get("a"))
  })
})

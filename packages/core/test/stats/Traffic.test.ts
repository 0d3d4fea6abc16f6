import { expect, it } from "@effect/vitest"
import { CallCount, TrafficCounts } from "@framedb/core"
import fc from "fast-check"

const bounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

it("counts calls, items and sizes as a list of them would", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }), (sizes) => {
      const count = new CallCount("redis", "getMany")
      for (const size of sizes) count.note(size)
      expect(count).toMatchObject({
        calls: sizes.length,
        items: sizes.reduce((sum, size) => sum + size, 0),
        fewestItems: Math.min(...sizes),
        mostItems: Math.max(...sizes),
      })
      const upTo = (bound: number) => sizes.filter((size) => size <= bound).length
      const expected = bounds.map((bound, index) => upTo(bound) - upTo(bounds[index - 1] ?? 0))
      expect(count.sizes).toEqual([...expected, sizes.length - upTo(1024)])
    }),
  )
})

it("has one count an operation, and tells of those to come until nobody watches", () => {
  const traffic = new TrafficCounts()
  const first = traffic.of("redis", "getMany")
  const seen: Array<string> = []
  const unwatch = traffic.watch(({ backend, operation }) => seen.push(`${backend}.${operation}`))
  expect(traffic.of("redis", "getMany")).toBe(first)
  traffic.of("sql", "getMany")
  unwatch()
  traffic.of("routing", "findMany")
  expect(seen).toEqual(["redis.getMany", "sql.getMany"])
  expect([...traffic.entries()].map(([name]) => name)).toEqual([...seen, "routing.findMany"])
})

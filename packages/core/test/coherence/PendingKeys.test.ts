import { expect, it } from "@effect/vitest"
import { maxPendingKeys, PendingKeys } from "@framedb/core"

it("gives each key once, in order, and then nothing", () => {
  const pending = new PendingKeys()
  for (const key of ["a", "b", "a", ""]) pending.add(key)
  expect(pending.take()).toEqual(["a", "b", ""])
  expect(pending.isEmpty).toBe(true)
  expect(pending.take()).toEqual([])
})

it("says everything beyond the most keys and the most characters, until that is taken", () => {
  const many = new PendingKeys()
  for (let index = 0; index <= maxPendingKeys; index++) many.add(`${index}`)
  const long = new PendingKeys()
  for (let index = 0; index < 5000; index++) long.add(`${index}`.padEnd(1024))
  for (const pending of [many, long]) {
    pending.add("one more")
    expect(pending.isEmpty).toBe(false)
    expect(pending.take()).toBe("everything")
    expect(pending.isEmpty).toBe(true)
  }
})

it("takes back what could not be told", () => {
  const pending = new PendingKeys()
  pending.add("a")
  const taken = pending.take()
  pending.add("b")
  pending.giveBack(taken)
  expect(pending.take()).toEqual(["b", "a"])
  pending.giveBack("everything")
  expect(pending.take()).toBe("everything")
})

import { expect, it } from "@effect/vitest"
import fc from "fast-check"
import { makeHashKey } from "../src/hashKey.ts"
import { SlotIndex } from "../src/SlotIndex.ts"

/** Few hashes that begin at few places, around the end of the table too: clusters that wrap are what goes wrong. */
const hashes = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer({ min: 1, max: 3 }).map((high) => (high << 20) - 1),
)

const steps = fc.array(
  fc.record({ kind: fc.constantFrom("add", "add", "remove", "move"), hash: hashes, pick: fc.nat(1000) }),
  { maxLength: 120 },
)

const slotsOf = (index: SlotIndex, hash: number): ReadonlyArray<number> => {
  const slots: Array<number> = []
  for (let place = index.first(hash); place >= 0; place = index.next(hash, place)) slots.push(index.slotAt(place))
  return slots.sort((left, right) => left - right)
}

it("finds exactly the slots that were added with a hash and not removed", () => {
  fc.assert(
    fc.property(steps, (script) => {
      const index = new SlotIndex()
      const model: Array<{ readonly hash: number; readonly slot: number }> = []
      let nextSlot = 0
      for (const { hash, kind, pick } of script) {
        const chosen = model[pick % Math.max(model.length, 1)]
        if (kind === "add") {
          index.add(hash, nextSlot)
          model.push({ hash, slot: nextSlot++ })
        } else if (chosen !== undefined) {
          model.splice(model.indexOf(chosen), 1)
          if (kind === "remove") index.remove(chosen.hash, chosen.slot)
          else {
            index.move(chosen.hash, chosen.slot, nextSlot)
            model.push({ hash: chosen.hash, slot: nextSlot++ })
          }
        }
        for (const each of new Set([hash, ...model.map((one) => one.hash)])) {
          const expected = model.filter((one) => one.hash === each).map((one) => one.slot)
          expect(slotsOf(index, each)).toEqual(expected.sort((left, right) => left - right))
        }
      }
    }),
    { numRuns: 300 },
  )
})

const [first, second] = [makeHashKey(1), makeHashKey(2)]

it("spreads keys that differ little, and differently under each seed", () => {
  for (const keyAt of [
    (at: number) => `object-${at}`,
    (at: number) => `${at}/a/long/tail/of/a/path`,
    (at: number) => at,
  ]) {
    const lowBits = new Set<number>()
    let isSame = 0
    for (let at = 0; at < 4096; at++) {
      lowBits.add(first(keyAt(at)) & 4095)
      if ((first(keyAt(at)) & 4095) === (second(keyAt(at)) & 4095)) isSame++
    }
    // 4,096 balls in as many bins leave 37 % of them empty: 2,590 are expected to be taken, give or take 32.
    expect(lowBits.size).toBeGreaterThan(2400)
    expect(isSame).toBeLessThan(64)
  }
})

import { expect, it } from "@effect/vitest"
import fc from "fast-check"
import {
  decodeMessage,
  encodeMessage,
  type InvalidationMessage,
  intoMessages,
  maxMessageBytes,
} from "../../src/invalidation/InvalidationMessage.ts"
import { maxSenders, SenderSequences } from "../../src/invalidation/SenderSequences.ts"

const sender = "00112233445566778899aabbccddeeff"
const key = fc.string({ unit: "binary", minLength: 1, maxLength: 200 }).filter((text) => text.isWellFormed())
const message = fc.record<InvalidationMessage>({
  sender: fc.constantFrom(sender, "f".repeat(32)),
  sequence: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  body: fc.oneof(
    fc.record({ _tag: fc.constant("Keys" as const), keys: fc.array(key, { maxLength: 20 }) }),
    fc.constantFrom({ _tag: "Everything" as const }, { _tag: "Mark" as const }),
  ),
})

it("reads what it wrote, whatever the keys", () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(decodeMessage(encodeMessage(sent))).toEqual(sent)
    }),
  )
})

it("reads nothing, and never throws, where a message was cut, lengthened or is of anyone else", () => {
  const keys = (...list: ReadonlyArray<string>) =>
    encodeMessage({ sender, sequence: 1, body: { _tag: "Keys", keys: list } })
  const whole = keys("abc", "é")
  for (let length = 0; length < whole.byteLength; length++) {
    // Cut between two keys, it is a message with fewer of them.
    if (length !== 26 && length !== 31) expect(decodeMessage(whole.subarray(0, length)), `${length}`).toBeUndefined()
  }
  const changed = (index: number, value: number) => {
    const copy = Buffer.from(whole)
    copy[index] = value
    return copy
  }
  const others = [
    changed(0, 0x66),
    changed(4, 2),
    changed(5, 3),
    changed(27, 255),
    changed(28, 0xff),
    keys(""),
    keys("x".repeat(1025)),
    Buffer.concat([whole, Buffer.alloc(1)]),
    Buffer.concat([encodeMessage({ sender, sequence: 1, body: { _tag: "Mark" } }), Buffer.alloc(1)]),
    Buffer.alloc(maxMessageBytes + 1, whole),
    Buffer.from("hello, this is a message of someone else altogether"),
  ]
  for (const other of others) expect(decodeMessage(other)).toBeUndefined()
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void decodeMessage(Buffer.from(bytes))))
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => {
      const read = decodeMessage(Buffer.concat([whole.subarray(0, 26), tail]))
      if (read?.body._tag === "Keys") for (const each of read.body.keys) expect(each.isWellFormed()).toBe(true)
    }),
  )
})

it("divides keys into messages that are not too long, in their order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1024 }), { maxLength: 400 }), (lengths) => {
      const keys = lengths.map((length, index) => `${index}`.padEnd(length, "x").slice(0, 1024))
      const lists = intoMessages(keys)
      expect(lists.flat()).toEqual(keys)
      for (const list of lists) {
        const bytes = encodeMessage({ sender, sequence: 1, body: { _tag: "Keys", keys: list } })
        expect(bytes.byteLength).toBeLessThanOrEqual(maxMessageBytes)
      }
    }),
    { numRuns: 50 },
  )
  expect(intoMessages([])).toEqual([])
})

it("notices what of a sender was missed, across the end of the numbers, and what only was repeated", () => {
  const of = (name: string, sequence: number, tag: "Everything" | "Mark" = "Everything") =>
    ({ sender: name, sequence, body: { _tag: tag } }) as const
  const senders = new SenderSequences()
  const noted = [
    of("a", 7), // whoever is heard of first is believed
    of("a", 8),
    of("a", 8), // a repetition
    of("a", 8, "Mark"),
    of("b", 2 ** 32 - 1),
    of("b", 0),
    of("a", 9),
  ].map((each) => senders.note(each))
  expect(noted).toEqual([true, true, true, true, true, true, true])
  expect(senders.note(of("a", 11))).toBe(false)
  expect(senders.note(of("a", 12))).toBe(true)
  expect(senders.note(of("a", 13, "Mark"))).toBe(false)
  expect(senders.note(of("a", 3))).toBe(false)
  senders.clear()
  expect(senders.note(of("a", 99))).toBe(true)
})

it("follows a bounded number of senders, those that were heard last", () => {
  const senders = new SenderSequences()
  const note = (name: string, sequence: number) =>
    senders.note({ sender: name, sequence, body: { _tag: "Everything" } })
  for (let index = 0; index < maxSenders; index++) note(`${index}`, 1)
  note("0", 2)
  note("new", 1)
  expect(note("0", 9)).toBe(false)
  expect(note("1", 9)).toBe(true)
})

/**
 * MessagePack, as any language reads it: what JSON holds, and bytes, dates and 64-bit integers.
 *
 * What MessagePack would lose is refused: `undefined`, functions, symbols, maps, sets, other typed arrays and every
 * class, holes, cycles, and properties that are hidden. Numbers come back as they were, negative zero and NaN too.
 * Integers that other languages write beyond 2^53 are read as `bigint`, and such a `bigint` is written as one; a smaller
 * one is refused, since it would come back as a number. Maps that other languages write with keys that are not texts are
 * read as `Map`. A timestamp is read to the millisecond that `Date` holds.
 */
import type { Serializer } from "../ports/Serializer.ts"
import { refusePickle } from "./detect.ts"
import { readMessagePack } from "./readMessagePack.ts"
import { writeMessagePack } from "./writeMessagePack.ts"

/** Writes plain values, bytes and dates of up to 1,000 levels as MessagePack, and reads any. */
export const messagePack: Serializer<unknown> = {
  name: "messagePack",
  contentType: "application/vnd.msgpack",
  serialize: (value) => writeMessagePack(value),
  deserialize: (data) => {
    refusePickle(data)
    return readMessagePack(data)
  },
}

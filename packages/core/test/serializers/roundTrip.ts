import { isDeepStrictEqual } from "node:util"
import type { Serializer } from "@framedb/core"
import { expect } from "vitest"

/** Writes and reads a value. The bytes are handed on in a buffer of their own, as a store does. */
export const roundTrip = async <A>(serializer: Serializer<A>, value: A): Promise<A> =>
  serializer.deserialize(new Uint8Array(await serializer.serialize(value)))

/** Expects a value to come back as it was: `-0`, NaN, classes, holes and cycles too. */
export const expectRoundTrip = async <A>(serializer: Serializer<A>, value: A): Promise<void> => {
  const back = await roundTrip(serializer, value)
  // vitest takes some seconds to print a difference between large values, so it only does where there is one.
  if (!isDeepStrictEqual(back, value)) expect(back).toStrictEqual(value)
  expect(isDeepStrictEqual(back, value)).toBe(true)
}

/** The message with which a serializer refuses a value. */
export const refusal = async (serializer: Pick<Serializer<never>, "serialize">, value: unknown): Promise<string> => {
  try {
    // A caller in plain JavaScript may pass anything, whatever the type says.
    await serializer.serialize(value as never)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error)
    return thrown instanceof Error ? thrown.message : ""
  }
  return expect.fail("the value was not refused")
}

/** Reads arbitrary bytes: a value or an `Error` is right, anything else is not. */
export const readSafely = async (
  serializer: Pick<Serializer<unknown>, "deserialize">,
  data: Uint8Array,
): Promise<void> => {
  try {
    await serializer.deserialize(new Uint8Array(data))
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Error)
    // A stack that overflowed or a length that the engine refused was not bounded by us.
    expect(String(thrown)).not.toMatch(/call stack|array length|allocation/i)
  }
}

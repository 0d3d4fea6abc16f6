/** Values: a serializer makes the bytes, its name is recorded, and nothing is lost in silence. */
import assert from "node:assert/strict"
import * as Schema from "effect/Schema"
import { type FrameDBClient, Serializer } from "framedb"
import type { Guide } from "./Guide.ts"
import { instances } from "./Stage.ts"

const place = { framedbId: instances.memory, type: "in-memory" } as const

const Reading = Schema.Struct({ sensor: Schema.String, at: Schema.Date, celsius: Schema.Finite })

const cyclic = () => {
  const node: { name: string; self?: unknown } = { name: "loop" }
  node.self = node
  return node
}

/** Values that each built-in serializer brings back as they were. */
const samples: ReadonlyArray<readonly [label: string, serializer: Serializer<unknown>, value: unknown]> = [
  ["{ pi: 3.14, tags: [null] }", Serializer.json as Serializer<unknown>, { pi: 3.14, tags: [null] }],
  ["new Map([[new Date(0), 2n ** 70n]])", Serializer.structured, new Map([[new Date(0), 2n ** 70n]])],
  ["an object that holds itself", Serializer.structured, cyclic()],
  ["{ raw: Uint8Array(3) }", Serializer.messagePack, { raw: Uint8Array.of(1, 2, 3) }],
]

/** The lesson. */
export const values = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  guide.chapter(
    "Values",
    "setValue serializes and records with what; getValue needs no hint. What a serializer can't hold is an error.",
  )
  const rows: Array<ReadonlyArray<string | number>> = []
  for (const [index, [label, serializer, value]] of samples.entries()) {
    const key = `tour/value/${index}`
    const { sizeBytes } = await db.setValue(key, value, { ...place, serializer })
    const read = await db.getValue(key)
    assert.deepEqual(read.value, value)
    rows.push([label, serializer.name ?? "", sizeBytes, "the same"])
    await db.deleteObject(key)
  }
  const reading = { sensor: "roof", at: new Date(0), celsius: 21.5 }
  const serializer = Serializer.schema(Reading)
  await guide.step(
    "setValue(key, reading, { serializer: schema(S) })",
    () => db.setValue("tour/reading", reading, { ...place, serializer }),
    ({ sizeBytes }) => `${sizeBytes} bytes of JSON that any client reads`,
  )
  const typed = await guide.step(
    "getValue(key, { serializer: schema(S) })",
    () => db.getValue("tour/reading", { serializer }),
    ({ value }) => `a ${value.at.constructor.name}, checked and typed`,
  )
  assert.deepEqual(typed.value, reading)
  await guide.refusal(
    "setValue(key, new Map(), …) as JSON",
    () => db.setValue("m", new Map(), place),
    "SerializationError",
  )
  await db.deleteObject("tour/reading")
  guide.table(["value", "serializer", "bytes", "read back"], rows)
}

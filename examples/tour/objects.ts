/** Bytes under keys: set, read, look, move, list, delete. */
import assert from "node:assert/strict"
import type { FrameDBClient } from "framedb"
import { collect } from "./collect.ts"
import type { Guide } from "./Guide.ts"
import { instances } from "./Stage.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => new TextDecoder().decode(data)

/** One object through its life. */
const oneObject = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  const greeting = { key: "tour/greeting", data: bytes("hello, frame") }
  await guide.step(
    'setObject({ key: "tour/greeting", … })',
    () => db.setObject({ ...greeting, framedbId: instances.memory, type: "in-memory", metadata: { lang: "en" } }),
    (info) => `${info.sizeBytes} bytes in Redis, on ${info.framedbId}`,
  )
  const object = await guide.step(
    'getObject("tour/greeting")',
    () => db.getObject("tour/greeting"),
    ({ data, source }) => `"${text(data)}", from the ${source}`,
  )
  assert.equal(text(object.data), "hello, frame")
  assert.deepEqual(object.metadata, { lang: "en" })

  const moved = await guide.step(
    "setObject(the same key, in SQL)",
    () => db.setObject({ ...greeting, framedbId: instances.storage, type: "storage", metadata: { lang: "de" } }),
    (info) => `moved to ${info.framedbId}: the bytes in Redis are gone, no orphan stays`,
  )
  const stat = await guide.step(
    'statObject("tour/greeting")',
    () => db.statObject("tour/greeting"),
    (info) => `${info.framedbId}, ${info.sizeBytes} bytes, ${JSON.stringify(info.metadata)}; no byte was read`,
  )
  assert.deepEqual(stat, moved)
  const nameless = await guide.step(
    "setObject({ data, … }) without a key",
    () => db.setObject({ data: bytes("?"), framedbId: instances.memory, type: "in-memory" }),
    ({ key }) => `made the key ${key}`,
  )
  assert.equal(await db.deleteObject(nameless.key), true)
  await guide.step('deleteObject("tour/greeting")', () => db.deleteObject("tour/greeting"), String)
  const exists = await guide.step('objectExists("tour/greeting")', () => db.objectExists("tour/greeting"), String)
  assert.equal(exists, false)
}

/** Two hundred at once: concurrent calls share batches, nobody asks for one. */
const manyObjects = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  const keys = Array.from({ length: 200 }, (_, index) => `tour/frames/${index}`)
  const place = { framedbId: instances.memory, type: "in-memory" } as const
  const setAll = (word: string) =>
    Promise.all(
      keys.map((key, index) => {
        const metadata = { even: index % 2 === 0 }
        return db.setObject({ key, data: bytes(`${word} ${index}`), ...place, metadata })
      }),
    )
  await guide.step(
    "setObject × 200, concurrently",
    () => setAll("frame"),
    (infos) => `${infos.length} new objects, each stored and registered`,
  )
  await guide.step(
    "setObject × 200, with other bytes",
    () => setAll("FRAME"),
    () => "nothing changed in their routes, so no HTTP call: 200 messages in a few batches",
  )
  const found = await guide.step(
    "getObjects(201 keys)",
    () => db.getObjects([...keys, "tour/frames/none"]),
    (objects) =>
      `${objects.filter((object) => object !== undefined).length} objects and 1 undefined, in the keys' order`,
  )
  assert.equal(text(found[42]?.data ?? new Uint8Array()), "FRAME 42")
  assert.equal(found[200], undefined)
  const listed = await guide.step(
    "listObjects({ prefix, metadata: { even: true } })",
    () => collect(db.listObjects({ prefix: "tour/frames/", metadata: { even: true } })),
    (infos) => `${infos.length} of them, as an AsyncIterable`,
  )
  assert.equal(listed.length, 100)
  const removed = await guide.step(
    "deleteObject × 200",
    () => Promise.all(keys.map((key) => db.deleteObject(key))),
    (all) => `${all.filter(Boolean).length} were there`,
  )
  assert.ok(removed.every(Boolean))
}

/** The lesson. */
export const objects = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  guide.chapter(
    "Objects",
    "Bytes under a key, on the instance you name. The routing service remembers where each one is,",
    "so that reading takes the key alone.",
  )
  await oneObject(db, guide)
  await manyObjects(db, guide)
}

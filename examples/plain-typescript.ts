// FrameDB without Effect: Promises, `await using`, `for await`, `instanceof`, AbortSignal.
//
//   node examples/plain-typescript.ts
import assert from "node:assert/strict"
import { BackendError, FrameDBClient, InvalidArgument, ObjectNotFound } from "framedb"

// With servers: new FrameDBClient({ clusterUrl, routingUrl }). Nothing connects before the first call.
await using db = FrameDBClient.memory()

const place = { framedbId: "redis-1", type: "in-memory" } as const

// Bytes, and what one says of them.
const { key, sizeBytes } = await db.setObject({ data: Buffer.from("a frame"), ...place, metadata: { camera: "gate" } })
const object = await db.getObject(key)
console.log(`${sizeBytes} bytes under ${key}: "${Buffer.from(object.data)}", ${JSON.stringify(object.metadata)}`)

// Values. The type of what is read is your claim, unless a schema checks it.
interface Settings {
  readonly framesPerSecond: number
}
await db.setValue<Settings>("settings", { framesPerSecond: 25 }, place)
const settings = await db.getValue<Settings>("settings")
console.log(`${settings.value.framesPerSecond} frames a second, read from the ${settings.source}`)

// What goes wrong has a class.
const describe = (error: unknown): string => {
  if (error instanceof ObjectNotFound) return `there is nothing under ${error.key}`
  if (error instanceof InvalidArgument) return `${error.argument} can't be used: ${error.message}`
  if (error instanceof BackendError) {
    const advice = error.isRetryable ? "try later" : "somebody has to look at this"
    return `${error.backend} failed (${error.reason._tag}), ${advice}${error.maybeApplied ? "; it may be done" : ""}`
  }
  throw error
}
const absent = await db.getObject("nothing here").catch(describe)
console.log(absent)
assert.equal(absent, "there is nothing under nothing here")
console.log(await db.getObject("").catch(describe))
const offline = new FrameDBClient({ clusterUrl: "http://127.0.0.1:1", routingUrl: "http://127.0.0.1:1", retries: 0 })
console.log(await offline.getObject(key).catch(describe))
await offline.close()

// A queue. A message is acknowledged when the loop asks for the next; leaving the loop by `break` gives back what is in hand.
const framedbId = "redis-3"
for (const word of ["red", "green", "blue"]) await db.publish("colours", Buffer.from(word), { framedbId })
const colours: Array<string> = []
for await (const message of db.pullAllStreamData("colours", framedbId))
  colours.push(Buffer.from(message.data).toString())
assert.deepEqual(colours, ["red", "green", "blue"])
console.log(`took ${colours.join(", ")}`)

// Every call takes a signal, and rejects with its reason.
const signal = AbortSignal.timeout(100)
try {
  for await (const message of db.listenForStreamData("colours", framedbId, { signal })) console.log(message.id)
} catch (reason) {
  assert.equal(reason, signal.reason)
  console.log("no message came within 100 ms")
}

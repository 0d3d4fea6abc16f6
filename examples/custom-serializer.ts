// A serializer of one's own: two methods, and a name that is recorded with the object.
//
//   node examples/custom-serializer.ts
import assert from "node:assert/strict"
import { promisify } from "node:util"
import { gunzip, gzip } from "node:zlib"
import { FrameDBClient, SerializationError, Serializer } from "framedb"

/** A path on a map: pairs of 32-bit floats, two in eight bytes, where JSON takes some forty characters. */
type Path = ReadonlyArray<readonly [latitude: number, longitude: number]>

const path: Serializer<Path> = {
  name: "example/path",
  contentType: "application/octet-stream",
  serialize: (points) => new Uint8Array(Float32Array.from(points.flat()).buffer),
  deserialize: (data) => {
    // What is thrown here is the message of a `SerializationError`.
    if (data.byteLength % 8 !== 0) throw new Error(`${data.byteLength} bytes are no pairs of 32-bit floats`)
    // A copy of its own: what is read may be part of a larger buffer.
    const floats = new Float32Array(data.slice().buffer)
    return Array.from({ length: floats.length / 2 }, (_, index) => [floats[2 * index] ?? 0, floats[2 * index + 1] ?? 0])
  },
}

const compress = promisify(gzip)
const decompress = promisify(gunzip)

/** Serializers compose: any other, compressed. Both methods may be asynchronous. */
const gzipped = <A>(inner: Serializer<A>): Serializer<A> => ({
  name: `example/gzip+${inner.name ?? "unnamed"}`,
  serialize: async (value) => compress(await inner.serialize(value)),
  deserialize: async (data) => inner.deserialize(new Uint8Array(await decompress(data))),
})

await using db = FrameDBClient.memory()
const place = { framedbId: "redis-1", type: "in-memory" } as const

const walk: Path = Array.from({ length: 100 }, (_, index) => [52.5, 13 + index / 128])
const stored = await db.setValue("walk", walk, { ...place, serializer: path })
const read = await db.getValue("walk", { serializer: path })
assert.deepEqual(read.value, walk)
console.log(`${walk.length} points in ${stored.sizeBytes} bytes, serializer "${stored.content.serializer}"`)

// A reader without the serializer is told which one it lacks, and never gets bytes that it takes for a value.
const error = await db.getValue("walk").catch((thrown: unknown) => thrown)
assert.ok(error instanceof SerializationError)
console.log(error.message)

const words = { text: "frame ".repeat(1_000) }
const serializer = gzipped(Serializer.structured)
const small = await db.setValue("words", words, { ...place, serializer })
assert.deepEqual((await db.getValue("words", { serializer })).value, words)
console.log(`6,000 characters in ${small.sizeBytes} bytes, serializer "${small.content.serializer}"`)

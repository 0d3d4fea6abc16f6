/**
 * Sets of 10,000 small objects to S3, against a concurrent loop of bare PutObject of one object a key, and against the least that a
 * set can be: the same bytes digested, packed and put by hand. And where the time of a set goes.
 *
 *   node bench/backups/s3-sets.ts [--rounds 3] [--objects 10000] [--short]
 */
import { hash } from "node:crypto"
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3"
import { Backups, Bulk } from "@framedb/core"
import * as Effect from "effect/Effect"
import { run } from "../harness/main.ts"
import { whereTimeGoes } from "../harness/whereTimeGoes.ts"
import { bucket } from "./bucket.ts"
import { finished, forEachOf, keysOf, openSetting, type Setting, sourceOf } from "./setting.ts"

const concurrency = 32
const sizes = [4096, 1024, 256]

/** Microseconds of wall and processor time that each object takes. */
const costOf = async (objects: number, work: () => Promise<void>) => {
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { wall: ((performance.now() - began) * 1000) / objects, cpu: (user + system) / objects }
}

/** Microseconds that one SHA-256 of so many bytes takes. */
const digestCost = (data: Uint8Array): number => {
  const times = 5_000
  const began = performance.now()
  for (let time = 0; time < times; time++) hash("sha256", data, "hex")
  return ((performance.now() - began) * 1000) / times
}

/** The segments of the floor: as large as a set's, and as many on the way. */
const segmentBytes = 4 * 1024 * 1024
const segmentsInFlight = 6

/** Digests objects, packs them and puts the segments, and writes no index: what no set can do without. */
const putByHand = async (bare: S3Client, folder: string, objects: number, data: Uint8Array): Promise<void> => {
  const digests: Array<string> = []
  const perSegment = Math.ceil(segmentBytes / data.byteLength)
  const starts = Array.from({ length: Math.ceil(objects / perSegment) }, (_, segment) => segment * perSegment)
  await forEachOf(starts, segmentsInFlight, (start) => {
    const end = Math.min(start + perSegment, objects)
    const body = Buffer.allocUnsafeSlow((end - start) * data.byteLength)
    for (let index = start; index < end; index++) {
      digests[index] = hash("sha256", data, "hex")
      body.set(data, (index - start) * data.byteLength)
    }
    return bare.send(new PutObjectCommand({ Bucket: bucket, Key: `${folder}${start}`, Body: body }))
  })
  if (digests.length !== objects) throw new Error("not all objects were digested")
}

/** The ways to store objects of one size, each run under a prefix of its own, so that nothing is there to be skipped. */
const makeWays = ({ bare, storage, thread }: Setting, sizeBytes: number) => {
  const data = new Uint8Array(sizeBytes).map((_, index) => index * 31)
  let round = 0
  const prefix = () => `${sizeBytes}-${round++}/`
  return {
    data,
    asSet: async (objects: number) => {
      const keys = keysOf(objects)
      const request = { source: sourceOf(data), storage, thread, keys, prefix: prefix(), set: "bench" }
      finished(await Effect.runPromise(Bulk.report(Backups.backupToSet(request))))
    },
    byHand: (objects: number) => putByHand(bare, prefix(), objects, data),
    oneByOne: async (objects: number) => {
      const folder = prefix()
      await forEachOf(keysOf(objects), concurrency, (key) =>
        bare.send(new PutObjectCommand({ Bucket: bucket, Key: folder + key, Body: data })),
      )
    },
  }
}

await run("backups-s3-sets", async ({ compare, note, settings, table }) => {
  await using setting = await openSetting(concurrency)
  const operations = Number(settings.option("objects") ?? 10_000)
  const measured = settings.short ? 200 : operations
  const rows: Array<ReadonlyArray<string>> = []
  const handRatios: Array<string> = []
  for (const sizeBytes of sizes) {
    const ways = makeWays(setting, sizeBytes)
    const toLoop = await compare({
      name: `backup of ${operations} objects of ${sizeBytes} bytes as a set`,
      against: `a loop of PutObject, ${concurrency} at once`,
      ours: ways.asSet,
      peer: ways.oneByOne,
      before: setting.forget,
      operations,
      target: 50,
    })
    const toHand = await compare({
      name: `the same ${operations} objects of ${sizeBytes} bytes as a set`,
      against: "the same bytes digested, packed and put by hand, without an index",
      ours: ways.asSet,
      peer: ways.byHand,
      before: setting.forget,
      operations,
    })
    handRatios.push(`${(toLoop.peerNanos / toHand.peerNanos).toFixed(0)} times at ${sizeBytes} bytes`)
    await setting.forget()
    const set = await costOf(measured, () => ways.asSet(measured))
    const loop = await costOf(measured, () => ways.oneByOne(measured))
    const digest = digestCost(ways.data)
    const cells = [set.wall, set.cpu, digest, digest, set.cpu - 2 * digest, loop.wall, loop.cpu]
    rows.push([`${sizeBytes} bytes`, ...cells.map((micros) => `${micros.toFixed(1)} µs`)])
  }
  table(
    [
      "an object of",
      "set: elapsed",
      "set: client's processor",
      "of it the object's SHA-256",
      "of it the SHA-256 of the request's signature",
      "of it the rest, sending included",
      "loop: elapsed",
      "loop: client's processor",
    ],
    rows,
  )
  note(`The loop takes as long as the bytes put by hand ${handRatios.join(", ")}.`)
  note(
    "What a set can't do without is two SHA-256 of every byte (one over TLS, where the body is not signed) and to send it; the" +
      " server has to take it. So the ratio to the loop falls with the size of the objects, as a loop of calls costs the same for" +
      " each whatever its size. Both digests are made on another thread, which the bytes put by hand do without: that makes a set of 4 KiB" +
      " objects take about as long although it also writes an index. The processor's time is that of all threads, and of the" +
      " machine's two cores the server takes a part, too: a set ends when the main thread is through, and of that a table shows where" +
      " its time goes. What it waits for is the first segment, which has to be full before anything is sent, and at the end the last one," +
      " its index, the question whether another run has gone on with the set, and the manifest, each after the other.",
  )
  await setting.forget()
  const { asSet } = makeWays(setting, 4096)
  await asSet(measured)
  const shares = await whereTimeGoes(asSet, measured)
  table(
    ["main thread, objects of 4096 bytes", "an object", "most of it in"],
    shares.map(({ most, nanos, who }) => [who, `${(nanos / 1000).toFixed(2)} µs`, most]),
  )
})

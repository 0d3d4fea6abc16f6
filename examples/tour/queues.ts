/** Queues: publish, listen, fail, look, redrive, drain, follow. */
import assert from "node:assert/strict"
import type { FrameDBClient } from "framedb"
import { collect } from "./collect.ts"
import type { Guide } from "./Guide.ts"
import { instances } from "./Stage.ts"

const bytes = (text: string) => new TextEncoder().encode(text)
const text = ({ data }: { readonly data: Uint8Array }) => new TextDecoder().decode(data)
const framedbId = instances.queue

/** Takes `count` messages of a queue, the one called "broken" without success. */
const work = async (db: FrameDBClient, queue: string, count: number) => {
  const handled: Array<string> = []
  let attempts = 0
  for await (const message of db.listenForStreamData(queue, framedbId, { ack: "manual", maxDeliveries: 3 })) {
    attempts++
    if (text(message) === "broken") await message.nack({ reason: "can't be rendered" })
    else if (await message.ack()) handled.push(text(message))
    const { pending, lag } = await db.queueInfo(queue, framedbId)
    if (pending + lag === 0) break
  }
  assert.equal(handled.length, count)
  return attempts
}

/** The lesson. */
export const queues = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  const queue = `tour/jobs/${Date.now()}`
  guide.chapter(
    "Queues",
    "Each message goes to one listener of a group, at least once, in order. What fails too often is kept as a dead letter.",
  )
  const jobs = ["one", "two", "broken", "four"]
  await guide.step(
    "publish × 4",
    () => Promise.all(jobs.map((job) => db.publish(queue, bytes(job), { framedbId, headers: { from: "tour" } }))),
    (ids) => `ids ${ids[0]} … ${ids.at(-1)}`,
  )
  await guide.step(
    "for await (… of listenForStreamData(queue, …))",
    () => work(db, queue, 3),
    (attempts) => `3 handled; 1 tried ${attempts - 3} times, then set aside`,
  )
  const info = await guide.step(
    "queueInfo(queue, …)",
    () => db.queueInfo(queue, framedbId),
    ({ length, deadLetters, encoding }) => `a ${encoding}, ${length} waiting, ${deadLetters} dead letter`,
  )
  assert.deepEqual([info.length, info.deadLetters], [0, 1])
  const redriven = await guide.step(
    "redrive(queue, …)",
    () => db.redrive(queue, framedbId),
    (count) => `${count} back at the end of its queue`,
  )
  assert.equal(redriven, 1)
  const drained = await guide.step(
    "for await (… of pullAllStreamData(queue, …))",
    () => collect(db.pullAllStreamData(queue, framedbId)),
    (all) => `took "${all.map(text).join()}", and ended: the queue is empty`,
  )
  assert.deepEqual(drained.map(text), ["broken"])
  await db.setObject({ key: queue, data: bytes("last"), framedbId, type: "stream" })
  const taken = await guide.step(
    'setObject(… type: "stream"), then getObject(queue)',
    () => db.getObject(queue),
    (object) => `"${text(object)}", from the ${object.source}: the oldest message, taken`,
  )
  assert.equal(taken.source, "queue")
}

/**
 * Delivery on an idle queue, against a PING: from before the publish to the message in the consumer's hands. By hand, a
 * plain XADD to a blocked XREADGROUP, shows what the server and the sockets take of it; and the script of our publish sent
 * by hand, what they take where the server adds a message once however often it is sent.
 *
 *   node bench/queues/latency.ts [--rounds 15] [--short]
 */
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Redis } from "ioredis"
import { batchNumber, publishOneScript } from "../../packages/redis/src/queues/publishScripts.ts"
import { run } from "../harness/main.ts"
import { median, spread } from "../harness/statistics.ts"
import { body, framedbId, openSetting, type Setting } from "./setting.ts"

/** Samples of each kind in a round, the kinds in another order each time; in the short form there are fewer. */
const samplesOfRound = 100
/** Not measured, and without pauses: the first ones, in which the engine still compiles. A service is past them in minutes. */
const warmUpSamples = 4_000

/** Measures from before a publish to `arrive`, which the consumer calls. */
class Delivery {
  readonly #publish: () => Promise<unknown>
  #arrived = Promise.withResolvers<number>()

  constructor(publish: () => Promise<unknown>) {
    this.#publish = publish
  }

  readonly arrive = (): void => this.#arrived.resolve(performance.now())

  readonly sample = async (): Promise<number> => {
    this.#arrived = Promise.withResolvers()
    const began = performance.now()
    const published = this.#publish()
    const taken = (await this.#arrived.promise) - began
    await published
    return taken * 1e6
  }
}

/** In an order of chance: who comes after a relative finds the code that they share in the processor's caches. */
const shuffled = <A>(items: ReadonlyArray<A>): ReadonlyArray<A> =>
  items
    .map((item) => ({ item, place: Math.random() }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item)

type Add = (queue: string) => Promise<unknown>

const asStream = ({ run: runProgram }: Setting, queue: string, publish: Add, signal: AbortSignal): Delivery => {
  const delivery = new Delivery(() => publish(queue))
  const listening = runProgram((frameDB) =>
    frameDB.listenForStreamData(queue, framedbId).pipe(
      Stream.runForEach(() => Effect.sync(delivery.arrive)),
      Effect.raceFirst(Effect.callback<void>((resume) => signal.addEventListener("abort", () => resume(Effect.void)))),
    ),
  )
  listening.catch((error) => (signal.aborted ? undefined : console.error(error)))
  return delivery
}

const asIterable = ({ db }: Setting, queue: string, publish: Add, signal: AbortSignal): Delivery => {
  const delivery = new Delivery(() => publish(queue))
  const listen = async () => {
    for await (const _ of db.listenForStreamData(queue, framedbId, { signal })) delivery.arrive()
  }
  listen().catch((error) => (signal.aborted ? undefined : console.error(error)))
  return delivery
}

/** Until listeners have acknowledged and wait again; on a connection that is idle then. */
const rest = () => pause(1)
/** As soon as every listener can be waiting. */
const hurry = () => new Promise((resolve) => setImmediate(resolve))

type Sample = (idle: () => Promise<unknown>) => Promise<number>

const byHand = async (bare: Redis, reader: Redis, queue: string, add: Add): Promise<Sample> => {
  await bare.xgroup("CREATE", queue, "group", "$", "MKSTREAM")
  return async (idle) => {
    const read = reader.xreadgroupBuffer("GROUP", "group", "consumer", "BLOCK", 5_000, "STREAMS", queue, ">")
    // Until the server waits for a message.
    await idle()
    const began = performance.now()
    const added = add(queue)
    await read
    const taken = performance.now() - began
    await added
    return taken * 1e6
  }
}

/** What `publish` sends for a lone message, without anything of ours around it. */
const addOnce = async (bare: Redis): Promise<Add> => {
  const { source, keyCount } = publishOneScript
  const sha1 = String(await bare.script("LOAD", source))
  let sequence = 0
  return (queue) =>
    bare.callBuffer("EVALSHA", [
      sha1,
      keyCount,
      queue,
      `{${queue}}:by-hand:${sequence % 2}`,
      batchNumber(sequence++),
      body,
    ])
}

const ping = (bare: Redis) => async () => {
  const began = performance.now()
  await bare.ping()
  return (performance.now() - began) * 1e6
}

/** What each part of a delivery takes, from the ratios in the order of the kinds. */
const whereItGoes = (ratios: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<string>> => {
  const [, added = 0, addedOnce = 0, addStream = 0, addIterable = 0, stream = 0, iterable = 0] = ratios
  const script = addedOnce - added
  const parts: ReadonlyArray<readonly [part: string, stream: number, iterable: number]> = [
    ["the sockets, and a server that wakes two clients: XADD by hand", added, added],
    ["adding once, however often it is sent: the script by hand, beyond XADD", script, script],
    ["the rest of publishing", stream - addStream - script, iterable - addIterable - script],
    ["listening, beyond reading by hand", addStream - added, addIterable - added],
  ]
  return parts.map(([part, ...shares]) => [part, ...shares.map((share) => share.toFixed(2))])
}

const micros = (nanos: number): string => `${(nanos / 1000).toFixed(0)} µs`

await run("queues-latency", async ({ settings, figures, plot, note, table }) => {
  await using setting = await openSetting()
  const stop = new AbortController()
  const reader = new Redis(setting.redisUrl)
  const add: Add = (queue) => setting.bare.xadd(queue, "*", "data", body)
  const publish: Add = (queue) => setting.db.publish(queue, body, { framedbId })
  const addOnceByHand = await addOnce(setting.bare)
  const kinds: ReadonlyArray<readonly [name: string, sample: Sample, target?: number]> = [
    ["PING", ping(setting.bare)],
    ["XADD to a blocked XREADGROUP, by hand", await byHand(setting.bare, reader, "by-hand", add)],
    ["the publish script to a blocked XREADGROUP, by hand", await byHand(setting.bare, reader, "once", addOnceByHand)],
    ["XADD to a Stream", asStream(setting, "xadd-stream", add, stop.signal).sample],
    ["XADD to a for await", asIterable(setting, "xadd-iterable", add, stop.signal).sample],
    ["publish to a Stream", asStream(setting, "stream", publish, stop.signal).sample, 2],
    ["publish to a for await", asIterable(setting, "iterable", publish, stop.signal).sample, 2],
  ]
  const taken = kinds.map((): Array<number> => [])
  const warmUp = settings.short ? 5 : warmUpSamples
  const samples = settings.short ? 20 : settings.rounds * samplesOfRound
  for (let sample = -warmUp; sample < samples; sample++) {
    const idle = sample < 0 ? hurry : rest
    for (const [index, [, measure]] of shuffled([...kinds.entries()])) {
      await idle()
      const nanos = await measure(idle)
      if (sample >= 0) taken[index]?.push(nanos)
    }
  }
  const base = median(taken[0] ?? [])
  const ratios = taken.map((nanos) => median(nanos) / base)
  figures(
    kinds.map(([name, , target], index) => {
      const nanos = taken[index] ?? []
      const value = ratios[index] ?? 0
      const text = `${value.toFixed(2)} (${micros(median(nanos))} ± ${(100 * spread(nanos)).toFixed(0)} %)`
      const measure = { name: `delivery on an idle queue: ${name}`, against: "a PING", value, text }
      return target === undefined ? measure : { ...measure, target: { most: target } }
    }),
  )
  note(
    `Medians of ${samples} samples of each kind, the kinds in an order of chance, each on a connection that has been idle for a millisecond.`,
  )
  note("Where the time goes, as multiples of a PING, each the difference of two rows above:")
  table(["part", "to a Stream", "to a for await"], whereItGoes(ratios))
  note(
    "The script by hand is the least that a publish can take that may be sent again after a lost answer: XADD alone adds a message " +
      "twice then. What is ours on top of it is code that a process which was idle for a millisecond has out of its caches, in which " +
      "a function called costs more than what it does. On two processors the kernel wakes the server mostly on the sender's own: the " +
      "sender's write returns when the server has answered, so that nothing of ours is done while the server works.",
  )
  plot({
    title: "queues-latency",
    unit: "from the publish to the consumer, as a multiple of a PING",
    series: ["ratio", "target"],
    groups: kinds.map(([name, , target], index) => ({ name, values: [ratios[index] ?? 0, target ?? 0] })),
    mark: 2,
  })
  stop.abort()
  reader.disconnect()
})

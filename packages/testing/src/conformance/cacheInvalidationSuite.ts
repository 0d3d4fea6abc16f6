/** What every `CacheInvalidation` promises, in memory and over servers. */
import { expect, layer, type Vitest } from "@effect/vitest"
import { type CacheInvalidation, type InvalidationSignal, maxPendingKeys } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { awkwardKeys } from "./awkwardKeys.ts"
import { CacheInvalidationUnderTest } from "./CacheInvalidationUnderTest.ts"
import { uniqueKey, uniqueKeys } from "./uniqueKey.ts"

/** What the suite is run on. */
export interface CacheInvalidationSuiteOptions<E> {
  readonly layer: Layer.Layer<CacheInvalidationUnderTest, E>
}

/** What was heard on a channel. */
class Heard {
  readonly signals: Array<InvalidationSignal> = []
  #waiting: (() => void) | undefined

  readonly hear = (signal: InvalidationSignal): void => {
    this.signals.push(signal)
    this.#waiting?.()
  }

  get keys(): ReadonlyArray<string> {
    return this.signals.flatMap((signal) => (signal._tag === "Changed" ? signal.keys : []))
  }

  get tags(): ReadonlyArray<string> {
    return this.signals.map(({ _tag }) => _tag)
  }

  /** Succeeds as soon as what was heard is as it should be. */
  until(holds: (heard: Heard) => boolean): Effect.Effect<void> {
    const waiting = Effect.callback<void>((resume) => {
      const look = () => {
        if (holds(this)) resume(Effect.void)
      }
      this.#waiting = look
      look()
    })
    return waiting.pipe(
      Effect.timeout("20 seconds"),
      Effect.mapError(() => new Error(`heard only ${this.tags.join(" ")} and ${this.keys.length} keys`)),
      Effect.orDie,
    )
  }
}

const joined = Effect.gen(function* () {
  const { join } = yield* CacheInvalidationUnderTest
  const channel = yield* join
  const heard = new Heard()
  yield* channel.listen(heard.hear)
  yield* heard.until(({ tags }) => tags.includes("Connected"))
  return { channel, heard }
})

const publishAll = (channel: CacheInvalidation["Service"], keys: ReadonlyArray<string>) => {
  for (const key of keys) channel.publish(key)
}

/** Registers the tests of the `CacheInvalidation` contract. They run with the real clock. */
export const cacheInvalidationSuite = <E>(name: string, options: CacheInvalidationSuiteOptions<E>): void => {
  layer(options.layer, { excludeTestServices: true, timeout: "60 seconds" })(name, (it) => {
    tellingTests(it)
    breakingTests(it)
  })
}

type Tests = Vitest.MethodsNonLive<CacheInvalidationUnderTest>

const tellingTests = (it: Tests): void => {
  it.effect("tells every other process, and never the one that published", () =>
    Effect.gen(function* () {
      const [one, two, three] = [yield* joined, yield* joined, yield* joined]
      const [first, second] = [uniqueKey("first"), uniqueKey("second")]
      one.channel.publish(first)
      yield* Effect.all([two, three].map(({ heard }) => heard.until(({ keys }) => keys.includes(first))))
      two.channel.publish(second)
      yield* Effect.all([one, three].map(({ heard }) => heard.until(({ keys }) => keys.includes(second))))
      expect(one.heard.keys).toEqual([second])
      expect(two.heard.keys).toEqual([first])
      expect(three.heard.keys).toEqual([first, second])
    }),
  )

  it.effect("tells keys of one tick together, each once", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* joined, yield* joined]
      const keys = uniqueKeys(20, "together")
      publishAll(one.channel, [...keys, ...keys, ...keys])
      yield* two.heard.until((heard) => heard.keys.length >= keys.length)
      expect(two.heard.signals.slice(1)).toEqual([{ _tag: "Changed", keys }])
    }),
  )

  it.effect("tells a key again that is written again", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* joined, yield* joined]
      const key = uniqueKey("again")
      for (let count = 1; count <= 3; count++) {
        one.channel.publish(key)
        yield* two.heard.until((heard) => heard.keys.length === count)
      }
    }),
  )

  it.effect("tells any valid key as it is", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* joined, yield* joined]
      const keys = awkwardKeys().flatMap((group) => group.keys)
      const longest = ["x".repeat(1024), "é".repeat(512), "😀".repeat(256)]
      const all = [...new Set([...keys, ...longest])]
      publishAll(one.channel, all)
      yield* two.heard.until((heard) => heard.keys.length >= all.length)
      expect(two.heard.keys).toEqual(all)
    }),
  )

  it.effect("tells tens of thousands of keys at once, in the order of their writes", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* joined, yield* joined]
      const keys = uniqueKeys(30_000, "many")
      publishAll(one.channel, keys)
      yield* two.heard.until((heard) => heard.signals.length > 1 && heard.keys.length >= keys.length)
      expect(two.heard.keys).toEqual(keys)
    }),
  )

  it.effect("tells nothing to whoever has stopped listening", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* joined, yield* joined]
      const { join } = yield* CacheInvalidationUnderTest
      const gone = new Heard()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const channel = yield* join
          yield* channel.listen(gone.hear)
          yield* gone.until(({ tags }) => tags.includes("Connected"))
        }),
      )
      const key = uniqueKey("gone")
      one.channel.publish(key)
      yield* two.heard.until(({ keys }) => keys.includes(key))
      expect(gone.keys).toEqual([])
    }),
  )
}

const breakingTests = (it: Tests): void => {
  it.effect("says when it breaks and when it is back, and then tells what was written meanwhile", () =>
    Effect.gen(function* () {
      const channel = yield* CacheInvalidationUnderTest
      const [one, two] = [yield* joined, yield* joined]
      yield* channel.break
      yield* Effect.all([one, two].map(({ heard }) => heard.until(({ tags }) => tags.includes("Disconnected"))))
      const [meanwhile, afterwards] = [uniqueKey("meanwhile"), uniqueKey("afterwards")]
      one.channel.publish(meanwhile)
      yield* channel.heal
      const isBack = ({ tags }: Heard) => tags.lastIndexOf("Connected") > tags.lastIndexOf("Disconnected")
      yield* Effect.all([one, two].map(({ heard }) => heard.until(isBack)))
      // It may be told before the other is back, who then knows that every key may have changed.
      one.channel.publish(afterwards)
      yield* two.heard.until(({ keys }) => keys.includes(afterwards))
      const told = two.heard.signals.findIndex(
        (signal) => signal._tag === "Changed" && signal.keys.includes(afterwards),
      )
      expect(two.heard.tags.slice(0, told)).toContain("Disconnected")
    }),
  )

  it.effect("says that it missed something where more was written than it remembers", () =>
    Effect.gen(function* () {
      const channel = yield* CacheInvalidationUnderTest
      const [one, two] = [yield* joined, yield* joined]
      yield* channel.break
      yield* Effect.all([one, two].map(({ heard }) => heard.until(({ tags }) => tags.includes("Disconnected"))))
      for (let index = 0; index <= maxPendingKeys; index++) one.channel.publish(`flood ${index}`)
      yield* channel.heal
      const after = uniqueKey("after the flood")
      yield* one.heard.until(({ tags }) => tags.lastIndexOf("Connected") > tags.lastIndexOf("Disconnected"))
      yield* two.heard.until(({ tags }) => tags.lastIndexOf("Connected") > tags.lastIndexOf("Disconnected"))
      one.channel.publish(after)
      yield* two.heard.until(({ keys, tags }) => keys.includes(after) || tags.includes("Missed"))
      expect(two.heard.keys.filter((key) => key.startsWith("flood"))).toEqual([])
    }),
  )
}

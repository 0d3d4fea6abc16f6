import { expect, it } from "@effect/vitest"
import { LfuCache } from "@framedb/cache"
import fc from "fast-check"

const ttlMillis = 50
const maxBytes = 400

type Step =
  | { readonly kind: "get" | "getStale" | "peek" | "has" | "delete"; readonly key: string }
  | { readonly kind: "set"; readonly key: string; readonly sizeBytes: number }
  | { readonly kind: "wait"; readonly millis: number }
  | { readonly kind: "clear" | "deleteExpired" }

const looks = ["getStale", "peek", "has", "delete"] as const

const keys = fc.integer({ min: 0, max: 30 }).map((number) => `key-${number}`)

const steps: fc.Arbitrary<ReadonlyArray<Step>> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("set" as const), key: keys, sizeBytes: fc.nat(120) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant("get" as const), key: keys }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom(...looks), key: keys }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), millis: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("deleteExpired" as const, "clear" as const) }) },
  ),
  { maxLength: 400 },
)

interface Kept {
  readonly value: number
  readonly sizeBytes: number
  readonly expiresAt: number
}

/** Follows a cache by what it reports alone: what `set` took less what `onEvict` said left must be what is there. */
const follow = (
  script: ReadonlyArray<Step>,
  options: { readonly maxEntries?: number; readonly maxEntryBytes?: number; readonly graceMillis?: number },
) => {
  const { graceMillis = 0 } = options
  let time = 1000
  let version = 0
  const model = new Map<string, Kept>()
  const counted = { hits: 0, misses: 0, evictions: 0, expirations: 0, rejections: 0 }
  const cache: LfuCache<string, number> = new LfuCache<string, number>({
    maxBytes,
    ttlMillis,
    now: () => time,
    ...options,
    onEvict: (value, key, reason) => {
      expect(model.get(key)?.value).toBe(value)
      if (reason === "expired") expect(model.get(key)?.expiresAt).toBeLessThanOrEqual(time)
      if (reason === "evicted") counted.evictions++
      if (reason === "expired") counted.expirations++
      model.delete(key)
      expect(cache.sizeBytes).toBeLessThanOrEqual(maxBytes)
    },
  })
  const live = (key: string) => {
    const kept = model.get(key)
    return kept !== undefined && kept.expiresAt > time ? kept.value : undefined
  }
  const withinGrace = (key: string) => {
    const kept = model.get(key)
    return kept !== undefined && kept.expiresAt + graceMillis > time ? kept.value : undefined
  }
  const set = (key: string, sizeBytes: number) => {
    const value = ++version
    const fits =
      cache.sizeBytes + sizeBytes <= maxBytes && cache.size < (options.maxEntries ?? Number.POSITIVE_INFINITY)
    const isNew = !model.has(key)
    const kept = cache.set(key, value, sizeBytes)
    if (isNew && fits && sizeBytes <= (options.maxEntryBytes ?? maxBytes)) expect(kept).toBe(true)
    if (sizeBytes > (options.maxEntryBytes ?? maxBytes)) expect(kept).toBe(false)
    if (kept) model.set(key, { value, sizeBytes, expiresAt: time + ttlMillis })
    else counted.rejections++
    expect(cache.peek(key)).toBe(kept ? value : undefined)
  }
  const get = (key: string) => {
    const expected = live(key)
    expect(cache.get(key)).toBe(expected)
    if (expected === undefined) counted.misses++
    else counted.hits++
  }
  for (const step of script) {
    if (step.kind === "set") set(step.key, step.sizeBytes)
    else if (step.kind === "get") get(step.key)
    else if (step.kind === "getStale") expect(cache.getStale(step.key)).toBe(withinGrace(step.key))
    else if (step.kind === "peek") expect(cache.peek(step.key)).toBe(live(step.key))
    else if (step.kind === "has") expect(cache.has(step.key)).toBe(live(step.key) !== undefined)
    else if (step.kind === "delete") {
      const expected = live(step.key) !== undefined
      expect(cache.delete(step.key)).toBe(expected)
    } else if (step.kind === "wait") time += step.millis
    else if (step.kind === "clear") cache.clear()
    else {
      cache.deleteExpired()
      for (const { expiresAt } of model.values()) expect(expiresAt + graceMillis).toBeGreaterThan(time)
    }
    const bytes = [...model.values()].reduce((sum, kept) => sum + kept.sizeBytes, 0)
    expect(cache.sizeBytes).toBe(bytes)
    expect(cache.sizeBytes).toBeLessThanOrEqual(maxBytes)
    expect(cache.size).toBe(model.size)
    expect(cache.size).toBeLessThanOrEqual(options.maxEntries ?? Number.POSITIVE_INFINITY)
    expect([...cache.keys()].sort()).toEqual([...model.keys()].sort())
    expect(cache.stats).toEqual(counted)
  }
}

it("holds every bound and accounts for every byte after each step", () => {
  fc.assert(
    fc.property(steps, (script) => follow(script, {})),
    { numRuns: 300 },
  )
})

it("does so with a bound on entries and on the size of one", () => {
  fc.assert(
    fc.property(steps, (script) => follow(script, { maxEntries: 7, maxEntryBytes: 90 })),
    { numRuns: 300 },
  )
})

it("does so with entries that stay for their grace, gives them to nobody who did not ask for stale ones, and never later", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 80 }), (script, graceMillis) => follow(script, { graceMillis })),
    { numRuns: 300 },
  )
})

it("remembers a bounded number of evicted keys", () => {
  const cache = new LfuCache<number, number>({ maxBytes: 1000 })
  for (let key = 0; key < 20_000; key++) {
    cache.set(key, key, 1)
    cache.get(key >> 1)
    expect(cache.ghostCapacity).toBeLessThanOrEqual(Math.max(192, 3 * 1000))
  }
  expect(cache.size).toBe(1000)
})

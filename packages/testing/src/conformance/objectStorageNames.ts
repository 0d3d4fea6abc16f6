import { expect, type Vitest } from "@effect/vitest"
import { InvalidArgument, ObjectStorage, readBytes } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { awkwardKeys } from "./awkwardKeys.ts"
import { patterned } from "./contents.ts"
import type { ObjectStorageCapability } from "./objectStorageSuite.ts"
import { uniqueKey } from "./uniqueKey.ts"

type Tests = Vitest.MethodsNonLive<ObjectStorage>

/** Names that paths, URLs and file systems are known to change. The beginning makes them this test's own. */
const hostileNames = (own: string): ReadonlyArray<string> => [
  `../../${own}`,
  `/${own}`,
  `${own}/`,
  `${own}/../up`,
  `${own}/./here`,
  `${own}//double`,
  `${own}/..`,
  `${own}/.`,
  `${own}/...`,
  `${own}/dot.`,
  `${own}/dot..`,
  `${own}/%2E%2E/x`,
  `${own}/%2e%2e/x`,
  `${own}/%252E/x`,
  `${own}/%`,
  `${own}/a`,
  `${own}/A`,
  `${own}/^a`,
  `${own}/a/b`,
  `${own}/a+`,
  `${own}/a+/b`,
  `${own}/a=`,
  `${own}/=a`,
  `${own}/con`,
  `${own}/NUL.txt`,
  `${own}/C:\\x`,
  `${own}/.writing`,
  `${own}/a b`,
  `${own}/a+b`,
  `${own}/a%20b`,
  `${own}/a?b#c&d=e;f`,
  `${own}/漢字かな`,
  `${own}/が`,
]

/** A name of exactly so many bytes, in one part or in many. */
const longest = (own: string, filler: string, nameBytes: number): string => {
  const room = nameBytes - Buffer.byteLength(own)
  const repeated = filler.repeat(Math.floor(room / Buffer.byteLength(filler)))
  return `${own}${repeated}${"x".repeat(room - Buffer.byteLength(repeated))}`
}

/** Every name is a name of its own. */
export const storageNameTests = (it: Tests, capability: ObjectStorageCapability): void => {
  const keepsApart = (names: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      const contents = names.map((name, index) => ({ name, bytes: patterned(20, index + 1) }))
      yield* Effect.forEach(contents, ({ bytes, name }) => storage.put(name, bytes), { concurrency: 8, discard: true })
      for (const { bytes, name } of contents) {
        const read = yield* readBytes(storage, name)
        expect([name, Option.getOrThrow(read).bytes]).toEqual([name, bytes])
        if (capability.stat) expect(Option.getOrThrow(yield* storage.stat(name)).sizeBytes).toBe(20)
      }
      if (!capability.list || (capability.listsControls === false && names.some((name) => /\p{Cc}/u.test(name)))) return
      const own = (names[0] ?? "").slice(0, 36)
      const listed = yield* Stream.runCollect(storage.list(own))
      const expected = names.filter((name) => name.startsWith(own))
      expect(listed.map((entry) => entry.name).sort()).toEqual([...expected].sort())
    })

  it.effect("keeps names apart that paths and URLs would change", () => {
    const own = uniqueKey("hostile")
    return keepsApart([`${own.slice(0, 36)}-first`, ...hostileNames(own)])
  })

  for (const { group, keys } of awkwardKeys()) {
    it.effect(`keeps names apart that differ in ${group}`, () => keepsApart(keys))
  }

  it.effect("takes the longest names and tells them apart by their last byte", () =>
    Effect.gen(function* () {
      const own = uniqueKey("long")
      const { nameBytes } = (yield* ObjectStorage).capabilities
      const names = ["a", "A", "漢", "😀", ".", "a/"].map((filler) => longest(own, filler, nameBytes))
      yield* keepsApart([...names, ...names.map((name) => `${name.slice(0, -1)}y`)])
    }),
  )

  it.effect("refuses names that are no names, before anything is written", () =>
    Effect.gen(function* () {
      const storage = yield* ObjectStorage
      for (const name of ["", "\ud800", "x".repeat(1025)]) {
        expect(yield* Effect.flip(storage.put(name, patterned(1)))).toBeInstanceOf(InvalidArgument)
        expect(yield* readBytes(storage, name)).toEqual(Option.none())
      }
    }),
  )
}

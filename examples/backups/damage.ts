import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ObjectStorageService } from "framedb"

/** Flips one byte in the middle of the first stored segment under a name, as a failing disk would. */
export const damage = (storage: ObjectStorageService, folder: string): Promise<string> =>
  Effect.gen(function* () {
    const listed = yield* Stream.runCollect(storage.list(folder))
    const name = listed.map((object) => object.name).find((each) => each.includes("/segments/"))
    if (name === undefined) return yield* Effect.die(new Error("there is no segment"))
    const stored = yield* Effect.flatMap(storage.get(name), (found) => Effect.fromOption(found))
    const bytes = yield* Stream.mkUint8Array(stored.body)
    const middle = bytes.length >> 1
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    yield* storage.put(name, bytes, { attributes: stored.info.attributes })
    return name
  }).pipe(Effect.scoped, Effect.runPromise)

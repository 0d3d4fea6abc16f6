import { Queues, StreamRouting } from "@framedb/core"
import { MemoryStreamRouting } from "@framedb/core/memory"
import { RedisLive } from "@framedb/redis"
import * as Effect from "effect/Effect"
import { instanceAt } from "../instanceAt.ts"

/** The instance's id in these tests. */
export const framedbId = "redis-under-test"

/** The programs of queues on a Redis, for the scope. */
export const queuesAt = Effect.fnUntraced(function* (url: string) {
  const connection = yield* RedisLive.make().open(instanceAt(url))
  const routing = yield* Effect.provide(StreamRouting, MemoryStreamRouting.layer())
  const opened = { pins: 0, connection }
  return yield* Queues.make(
    () => Effect.succeed(connection.queues),
    routing,
    () => opened,
  )
})

/** The text of a message. */
export const textOf = ({ data }: { readonly data: Uint8Array }): string => new TextDecoder().decode(data)

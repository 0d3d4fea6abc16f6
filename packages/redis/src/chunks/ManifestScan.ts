import type { BackendError } from "@framedb/core"
import type * as Effect from "effect/Effect"
import { Cluster } from "ioredis"
import type { Operation } from "../failure.ts"
import type { RedisClient } from "../RedisClient.ts"
import { manifestPattern } from "./ChunkKeys.ts"

/** How many keys a server looks at in a step: about a millisecond of its time. */
const keysPerStep = 1000

interface Step {
  readonly manifestKeys: ReadonlyArray<string>
  /** Whether the scan has not come round yet. */
  readonly hasMore: boolean
}

/**
 * Walks through all manifests, a step a call, over every master of a cluster; begins anew when it has come round. Two
 * calls at once take the same step, which is harmless.
 */
export const makeManifestScan = (
  client: RedisClient,
): ((operation: Operation) => Effect.Effect<Step, BackendError>) => {
  const cursors = new Map<string, string>()
  return (operation) =>
    client.run(operation, async (driver) => {
      const nodes = driver instanceof Cluster ? driver.nodes("master") : [driver]
      const steps = await Promise.all(
        nodes.map(async (node) => {
          const name = `${node.options.host}:${node.options.port}`
          const cursor = cursors.get(name) ?? "0"
          if (cursor === "done") return { keys: [], hasMore: false }
          const [next, keys] = await node.scan(cursor, "MATCH", manifestPattern, "COUNT", keysPerStep)
          cursors.set(name, next === "0" ? "done" : next)
          return { keys, hasMore: next !== "0" }
        }),
      )
      const hasMore = steps.some((step) => step.hasMore)
      if (!hasMore) cursors.clear()
      return { manifestKeys: steps.flatMap(({ keys }) => keys), hasMore }
    })
}

/** A private Redis master with a replica, and the sentinels that promote it when the master is gone. */
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Redis } from "ioredis"
import * as RedisServer from "./RedisServer.ts"
import { makeServer, type Server } from "./Server.ts"
import { ServerError } from "./ServerError.ts"

/** How a private Redis with sentinels is set up. */
export interface RedisSentinelOptions {
  /** How many sentinels watch; more than half of them have to agree on a failover. Default: 1. */
  readonly sentinels?: number
  /** Of master and replica; the sentinels ask for none. Default: none. */
  readonly password?: string
}

/** A running private Redis with sentinels. */
export interface RedisSentinelHandle {
  /** What the sentinels call the master. */
  readonly masterName: string
  readonly sentinels: ReadonlyArray<Server>
  /** The server that was the master when everything began. */
  readonly master: RedisServer.RedisServerHandle
  readonly replica: RedisServer.RedisServerHandle
}

/** The private Redis with sentinels of a layer. */
export class RedisSentinelServers extends Context.Service<RedisSentinelServers, RedisSentinelHandle>()(
  "@framedb/testing/RedisSentinelServers",
) {}

const masterName = "framedb"
/** Short, so that a test sees a failover within a few seconds. */
const downAfterMillis = 500
const failoverTimeoutMillis = 3_000
/** A sentinel asks the master for its replicas every ten seconds. */
const discoveryTimeoutMillis = 20_000

const makeSentinel = (masterPort: number, quorum: number, password: string | undefined) =>
  makeServer({
    name: "redis-sentinel",
    command: "redis-server",
    args: ({ directory }) => [join(directory, "sentinel.conf"), "--sentinel"],
    // A sentinel writes what it learns into its configuration file.
    prepare: ({ port, directory }) =>
      writeFile(
        join(directory, "sentinel.conf"),
        [
          "bind 127.0.0.1",
          `port ${port}`,
          `dir ${directory}`,
          `sentinel monitor ${masterName} 127.0.0.1 ${masterPort} ${quorum}`,
          ...(password === undefined ? [] : [`sentinel auth-pass ${masterName} "${password}"`]),
          `sentinel down-after-milliseconds ${masterName} ${downAfterMillis}`,
          `sentinel failover-timeout ${masterName} ${failoverTimeoutMillis}`,
          "",
        ].join("\n"),
      ),
    answers: ({ port }) => RedisServer.redisAnswers(port),
    url: (port) => `redis://127.0.0.1:${port}`,
  })

const untilReplicaIsKnown = async (sentinel: Server, sentinelCount: number): Promise<void> => {
  const client = new Redis(sentinel.url)
  const deadline = performance.now() + discoveryTimeoutMillis
  try {
    for (;;) {
      const replicas = await client.call("SENTINEL", "REPLICAS", masterName)
      const others = await client.call("SENTINEL", "SENTINELS", masterName)
      const count = (reply: unknown) => (Array.isArray(reply) ? reply.length : 0)
      if (count(replicas) === 1 && count(others) === sentinelCount - 1) return
      if (performance.now() > deadline) throw new Error(`no replica known within ${discoveryTimeoutMillis / 1000} s`)
      await sleep(50)
    }
  } finally {
    client.disconnect()
  }
}

const untilReplicaIsInSync = async (replica: Server): Promise<void> => {
  const client = new Redis(replica.url)
  const deadline = performance.now() + discoveryTimeoutMillis
  try {
    while (!(await client.info("replication")).includes("master_link_status:up")) {
      if (performance.now() > deadline) throw new Error(`replica not in sync in ${discoveryTimeoutMillis / 1000} s`)
      await sleep(50)
    }
  } finally {
    client.disconnect()
  }
}

/** Starts a master, its replica and the sentinels, and waits until a failover could succeed. */
export const make = Effect.fnUntraced(function* (options: RedisSentinelOptions = {}) {
  const sentinelCount = options.sentinels ?? 1
  const { password } = options
  const args = ["--repl-diskless-sync-delay", "0", ...(password === undefined ? [] : ["--masterauth", password])]
  const common = password === undefined ? {} : { password }
  const master = yield* RedisServer.make({ ...common, args })
  const replicaOf = ["--replicaof", "127.0.0.1", String(master.port)]
  const replica = yield* RedisServer.make({ ...common, args: [...args, ...replicaOf] })
  const until = (wait: () => Promise<unknown>) =>
    Effect.tryPromise({
      try: wait,
      catch: (cause) => new ServerError({ server: "redis-sentinel", problem: String(cause), log: "" }),
    })
  // A sentinel that starts when the replica is there finds it at once, not ten seconds later.
  yield* until(() => untilReplicaIsInSync(replica))
  const quorum = Math.floor(sentinelCount / 2) + 1
  const sentinels = yield* Effect.all(
    Array.from({ length: sentinelCount }, () => makeSentinel(master.port, quorum, password)),
    { concurrency: "unbounded" },
  )
  yield* until(() => Promise.all(sentinels.map((sentinel) => untilReplicaIsKnown(sentinel, sentinelCount))))
  const handle: RedisSentinelHandle = { masterName, sentinels, master, replica }
  return handle
})

/** A private Redis with sentinels for as long as the layer lives. */
export const layer = (options: RedisSentinelOptions = {}) => Layer.effect(RedisSentinelServers, make(options))

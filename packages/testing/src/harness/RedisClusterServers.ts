/** A private Redis Cluster of masters without replicas. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Redis } from "ioredis"
import { freePort } from "./freePort.ts"
import * as RedisServer from "./RedisServer.ts"
import { ServerError } from "./ServerError.ts"

/** How a private Redis Cluster is set up. */
export interface RedisClusterOptions {
  /** How many nodes share the slots. Default: 3, the least that agrees on a failure. */
  readonly masters?: number
  /** Default: none. */
  readonly password?: string
}

/** A running private Redis Cluster. */
export interface RedisClusterHandle {
  /** One node's URL; a cluster client finds the others from there. */
  readonly url: string
  readonly nodes: ReadonlyArray<RedisServer.RedisServerHandle>
}

/** The private Redis Cluster of a layer. */
export class RedisClusterServers extends Context.Service<RedisClusterServers, RedisClusterHandle>()(
  "@framedb/testing/RedisClusterServers",
) {}

/** What Redis Cluster divides keys into. */
const slotCount = 16_384
/** Nodes tell each other who has which slots within a second or two. */
const agreementTimeoutMillis = 20_000

const agreed = async (client: Redis, nodes: number): Promise<boolean> => {
  const info = String(await client.cluster("INFO"))
  return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${nodes}`)
}

interface Node {
  readonly client: Redis
  readonly port: number
  readonly busPort: number
}

const untilAllAgree = async (nodes: ReadonlyArray<Node>): Promise<void> => {
  const deadline = performance.now() + agreementTimeoutMillis
  for (const { client } of nodes) {
    while (!(await agreed(client, nodes.length))) {
      if (performance.now() > deadline) throw new Error(`no agreement within ${agreementTimeoutMillis / 1000} s`)
      await sleep(25)
    }
  }
}

const joinNodes = async (nodes: ReadonlyArray<Node>): Promise<void> => {
  const [first] = nodes
  if (first === undefined) return
  for (const [index, node] of nodes.entries()) {
    const from = Math.floor((index * slotCount) / nodes.length)
    const to = Math.floor(((index + 1) * slotCount) / nodes.length) - 1
    // Without epochs of their own the nodes would first have to settle who is newer.
    await node.client.call("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1))
    await node.client.call("CLUSTER", "ADDSLOTSRANGE", String(from), String(to))
    if (node !== first) {
      await first.client.call("CLUSTER", "MEET", "127.0.0.1", String(node.port), String(node.busPort))
    }
  }
  await untilAllAgree(nodes)
}

const joinServers = async (
  servers: ReadonlyArray<{ readonly url: string; readonly port: number; readonly busPort: number }>,
): Promise<void> => {
  const nodes = servers.map(({ url, port, busPort }) => ({ port, busPort, client: new Redis(url) }))
  try {
    await joinNodes(nodes)
  } finally {
    for (const { client } of nodes) client.disconnect()
  }
}

const makeNode = Effect.fnUntraced(function* (options: RedisClusterOptions) {
  const busPort = yield* Effect.promise(freePort)
  const password = options.password
  const server = yield* RedisServer.make({
    ...(password === undefined ? {} : { password }),
    args: [
      ...["--cluster-enabled", "yes", "--cluster-port", String(busPort), "--cluster-node-timeout", "2000"],
      ...(password === undefined ? [] : ["--masterauth", password]),
    ],
  })
  return { server, busPort }
})

/** Starts the nodes of a private Redis Cluster, divides the slots among them and waits until all of them agree. */
export const make = Effect.fnUntraced(function* (options: RedisClusterOptions = {}) {
  const nodes = yield* Effect.all(
    Array.from({ length: options.masters ?? 3 }, () => makeNode(options)),
    { concurrency: "unbounded" },
  )
  yield* Effect.tryPromise({
    try: () => joinServers(nodes.map(({ server, busPort }) => ({ url: server.url, port: server.port, busPort }))),
    catch: (cause) => new ServerError({ server: "redis cluster", problem: String(cause), log: "" }),
  })
  const handle: RedisClusterHandle = {
    url: nodes[0]?.server.url ?? "",
    nodes: nodes.map(({ server }) => server),
  }
  return handle
})

/** A private Redis Cluster for as long as the layer lives. */
export const layer = (options: RedisClusterOptions = {}) => Layer.effect(RedisClusterServers, make(options))

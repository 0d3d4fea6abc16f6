import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { Cluster, Redis } from "ioredis"
import { createConnection } from "mysql2/promise"
import { describe, expect, test } from "vitest"
import {
  makeServer,
  open,
  RedisClusterServers,
  RedisSentinelServers,
  RedisServer,
  type Server,
  ServerError,
  SqlServer,
} from "../src/harness/index.ts"
import { provided } from "../src/harness/provided.ts"

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const eventually = async (condition: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("did not happen within 20 s")
    await sleep(20)
  }
}

const pidOf = async (server: Server): Promise<number> => {
  const pid = await Effect.runPromise(server.pid)
  if (pid === undefined) throw new Error("no process runs")
  return pid
}

/** Runs one conversation on a Redis connection of its own. */
const onRedis = async <A>(url: string, use: (client: Redis) => Promise<A>, ca?: string): Promise<A> => {
  const client = new Redis(url, {
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    commandTimeout: 300,
    ...(ca === undefined ? {} : { tls: { ca } }),
  })
  client.on("error", () => {})
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}

/** Runs one statement on a SQL connection of its own. */
const onSql = async (uri: string, statement: string, ca?: string): Promise<unknown> => {
  const connection = await createConnection({ uri, ...(ca === undefined ? {} : { ssl: { ca } }) })
  try {
    const [rows] = await connection.query(statement)
    return rows
  } finally {
    connection.destroy()
  }
}

describe("a private Redis", () => {
  test("asks for its password", async () => {
    await using redis = await open(RedisServer.make({ password: "p@ss/word" }))
    expect(await onRedis(redis.value.url, (client) => client.ping())).toBe("PONG")
    const withoutPassword = `redis://127.0.0.1:${redis.value.port}`
    await expect(onRedis(withoutPassword, (client) => client.get("key"))).rejects.toThrow("NOAUTH")
  })

  test("keeps what it acknowledged through SIGKILL when it appends, on the same port", async () => {
    await using redis = await open(RedisServer.make({ appendOnly: true }))
    const { url, kill, restart } = redis.value
    await onRedis(url, (client) => client.set("key", "value"))
    await Effect.runPromise(kill)
    await expect(onRedis(url, (client) => client.get("key"))).rejects.toThrow()
    await Effect.runPromise(restart)
    expect(await onRedis(url, (client) => client.get("key"))).toBe("value")
  })

  test("restarts also when it was stopped in order, or still runs", async () => {
    await using redis = await open(RedisServer.make({ appendOnly: true }))
    const { url, stop, restart } = redis.value
    await onRedis(url, (client) => client.set("key", "value"))
    await Effect.runPromise(stop)
    await Effect.runPromise(restart)
    const before = await pidOf(redis.value)
    await Effect.runPromise(restart)
    expect(await pidOf(redis.value)).not.toBe(before)
    expect(await onRedis(url, (client) => client.get("key"))).toBe("value")
  })

  test("answers nothing while it is paused, and goes on", async () => {
    await using redis = await open(RedisServer.make())
    const { url, pause, resume } = redis.value
    await onRedis(url, async (client) => {
      await client.ping()
      await Effect.runPromise(pause)
      await expect(client.ping()).rejects.toThrow("timed out")
      await Effect.runPromise(resume)
      await eventually(() => client.ping().then(() => true))
    })
  })

  test("speaks TLS with a certificate that a client can trust", async () => {
    await using redis = await open(RedisServer.make({ tls: true }))
    const { url, certificate } = redis.value
    expect(await onRedis(url, (client) => client.ping(), certificate)).toBe("PONG")
    await expect(onRedis(url, (client) => client.ping(), "")).rejects.toThrow()
  })

  test("leaves no process and no folder when its scope closes, paused or not", async () => {
    const redis = await open(RedisServer.make())
    const pid = await pidOf(redis.value)
    await Effect.runPromise(redis.value.pause)
    await redis.close()
    expect(isAlive(pid)).toBe(false)
    expect(existsSync(redis.value.directory)).toBe(false)
  })
})

describe("a private SQL server", () => {
  test("has a database, a user with a password, and its data after SIGKILL", async () => {
    const user = { name: "app", password: "it's p@ss\\word" }
    await using sql = await open(SqlServer.make({ user }))
    const { url, urlFor, kill, restart } = sql.value
    await onSql(urlFor(user), "CREATE TABLE kept (id INT PRIMARY KEY)")
    await onSql(url, "INSERT INTO kept VALUES (7)")
    await expect(onSql(urlFor({ ...user, password: "wrong" }), "SELECT 1")).rejects.toMatchObject({
      code: "ER_ACCESS_DENIED_ERROR",
    })
    await Effect.runPromise(kill)
    await Effect.runPromise(restart)
    expect(await onSql(urlFor(user), "SELECT id FROM kept")).toEqual([{ id: 7 }])
  })

  test("speaks TLS with a certificate that a client can trust", async () => {
    await using sql = await open(SqlServer.make({ tls: true }))
    const { url, certificate } = sql.value
    const cipher = await onSql(url, "SHOW STATUS LIKE 'Ssl_cipher'", certificate)
    expect(cipher).toEqual([{ Variable_name: "Ssl_cipher", Value: expect.stringMatching(/./) }])
  })
})

describe("several Redis servers with a password", () => {
  const password = "p@ss/word"

  test("form a cluster that redirects", async () => {
    await using servers = await open(RedisClusterServers.make({ password }))
    const client = new Cluster([servers.value.url], { redisOptions: { password } })
    try {
      const keys = Array.from({ length: 30 }, (_, index) => `key ${index}`)
      await Promise.all(keys.map((key) => client.set(key, key)))
      expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys)
      expect(client.nodes("master")).toHaveLength(3)
    } finally {
      client.disconnect()
    }
  })

  test("fail over under sentinels", async () => {
    await using servers = await open(RedisSentinelServers.make({ password }))
    const { master, replica, masterName, sentinels } = servers.value
    const [sentinel] = sentinels
    if (sentinel === undefined) throw new Error("no sentinel")
    await Effect.runPromise(master.kill)
    await onRedis(sentinel.url, (client) =>
      eventually(async () => {
        const address = await client.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", masterName)
        return Array.isArray(address) && address[1] === String(replica.port)
      }),
    )
    await eventually(() => onRedis(replica.url, (client) => client.role()).then(([role]) => role === "master"))
  })
})

test("a server that can't start fails with the end of its log, and leaves nothing", async () => {
  const failure = await open(RedisServer.make({ args: ["--no-such-option", "1"] })).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(ServerError)
  expect(failure).toMatchObject({ server: "redis", log: expect.stringContaining("no-such-option") })
})

test("a server that is not installed fails with what to install", async () => {
  const definition = { name: "none", args: () => [], answers: async () => {}, url: () => "" }
  await expect(open(makeServer({ ...definition, command: "no-such-server" }))).rejects.toMatchObject({
    _tag: "ServerError",
    problem: expect.stringContaining("apt-get install no-such-server"),
  })
})

test("no server outlives a parent that is killed", async () => {
  const parent = spawn(process.execPath, [fileURLToPath(new URL("harness-parent.ts", import.meta.url))], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const lines = createInterface(parent.stdout)
  const [line] = await once(lines, "line")
  parent.kill("SIGKILL")
  const servers: ReadonlyArray<{ pid: number; directory: string }> = JSON.parse(line)
  expect(servers).toHaveLength(2)
  await eventually(() => servers.every(({ pid, directory }) => !isAlive(pid) && !existsSync(directory)))
})

test("live tests share servers that answer", async () => {
  const { redisUrl, sqlUrl } = provided()
  expect(await onRedis(redisUrl, (client) => client.ping())).toBe("PONG")
  expect(await onSql(sqlUrl, "SELECT DATABASE() AS name")).toEqual([{ name: "framedb" }])
})

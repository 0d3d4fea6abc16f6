import { createServer } from "node:net"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { expect, test } from "vitest"
import { freePort, isPortFree } from "../src/harness/freePort.ts"
import { sharedServers } from "../src/harness/index.ts"

test("servers from the environment are used as they are, and none is started", async () => {
  const env = { FRAMEDB_TEST_REDIS_URL: "redis://cache:6379", FRAMEDB_TEST_SQL_URL: "mysql://root@sql:4000/framedb" }
  const provider = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
  const servers = await Effect.runPromise(Effect.scoped(sharedServers).pipe(Effect.provide(provider)))
  expect(servers).toEqual({ redisUrl: env.FRAMEDB_TEST_REDIS_URL, sqlUrl: env.FRAMEDB_TEST_SQL_URL })
})

test("a port is free until somebody listens on it, and never one that the kernel lends to outgoing connections", async () => {
  const port = await freePort()
  expect(port).toBeLessThan(32_768)
  expect(await isPortFree(port)).toBe(true)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  try {
    expect(await isPortFree(port)).toBe(false)
  } finally {
    server.close()
  }
})

import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { ObjectKey } from "@framedb/core"
import { type Opened, open, RedisServer } from "@framedb/testing"
import { Redis } from "ioredis"
import { replaceMany } from "../src/objects/replaceMany.ts"

const entry = (key: string, text: string) => ({ key: ObjectKey.make(key), data: new TextEncoder().encode(text) })

describe("replaceMany", () => {
  let server: Opened<RedisServer.RedisServerHandle>
  let driver: Redis

  beforeAll(async () => {
    server = await open(RedisServer.make())
    driver = new Redis(server.value.url)
  })

  afterAll(async () => {
    driver.disconnect()
    await server.close()
  })

  it("writes only where a key exists, the last of two, and says which did, also after the server has forgotten the script", async () => {
    await driver.mset("a", "1", "b", "1", "large", "1")
    const entries = [entry("a", "2"), entry("absent", "2"), entry("b", "2"), entry("a", "3")]
    for (const large of [[], [entry("large", "x".repeat(20_000))]]) {
      await driver.script("FLUSH")
      expect(await replaceMany(driver, [...entries, ...large])).toEqual([
        true,
        false,
        true,
        true,
        ...large.map(() => true),
      ])
      expect(await driver.mget("a", "b", "absent")).toEqual(["3", "2", null])
    }
    expect(await driver.strlen("large")).toBe(20_000)
  })

  it("writes one by one for a user who may not run scripts", async () => {
    await driver.call("ACL", "SETUSER", "plain", "on", "nopass", "~*", "+@all", "-@scripting")
    const plain = new Redis(server.value.url, { username: "plain", password: "any" })
    await driver.mset("a", "1", "b", "1")
    expect(await replaceMany(plain, [entry("a", "2"), entry("c", "2"), entry("b", "2")])).toEqual([true, false, true])
    plain.disconnect()
  })
})

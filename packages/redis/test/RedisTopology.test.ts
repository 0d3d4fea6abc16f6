import { InvalidArgument, type JsonObject } from "@framedb/core"
import * as Result from "effect/Result"
import { describe, expect, test } from "vitest"
import { topologyOf } from "../src/RedisTopology.ts"
import type { RedisAddress } from "../src/RedisUrl.ts"

const address: RedisAddress = {
  host: "db",
  port: 7000,
  database: 0,
  username: undefined,
  password: undefined,
  tls: false,
}

const read = (metadata: JsonObject, at = address) => Result.merge(topologyOf(metadata, at))

describe("an instance's metadata", () => {
  test.each<[JsonObject]>([[{}], [{ cluster: "eu-west" }], [{ cluster: false }], [{ sentinel: "s1" }], [{ nodes: 3 }]])(
    "%j describes a single server",
    (metadata) => {
      expect(read(metadata)).toEqual({ kind: "single" })
    },
  )

  test("finds a cluster through the URL's node", () => {
    expect(read({ cluster: true, owner: "someone" })).toEqual({ kind: "cluster", nodes: [{ host: "db", port: 7000 }] })
  })

  test("finds a cluster through further nodes", () => {
    const nodes = [
      { host: "db", port: 7000 },
      { host: "db2", port: 7001 },
      { host: "::1", port: 6379 },
    ]
    expect(read({ cluster: true, nodes: ["db2:7001", "[::1]"] })).toEqual({ kind: "cluster", nodes })
  })

  test("finds the master through sentinels", () => {
    const sentinels = [
      { host: "s1", port: 26379 },
      { host: "s2", port: 26380 },
    ]
    const metadata = { sentinel: { name: "main", sentinels: ["s1:26379", "s2:26380"] } }
    expect(read(metadata)).toEqual({ kind: "sentinel", name: "main", sentinels })
  })

  test("takes the URL for a sentinel's where none is listed", () => {
    const expected = { kind: "sentinel", name: "main", sentinels: [{ host: "::1", port: 7000 }] }
    expect(read({ sentinel: { name: "main" } }, { ...address, host: "::1" })).toEqual(expected)
  })

  test.each<[JsonObject]>([
    [{ cluster: true, nodes: "db2:7001" }],
    [{ cluster: true, nodes: ["mysql://db2"] }],
    [{ cluster: true, nodes: [7001] }],
    [{ sentinel: {} }],
    [{ sentinel: { name: "" } }],
    [{ sentinel: { name: "main", sentinels: [] } }],
    [{ sentinel: { name: "main", sentinels: ["s1:port"] } }],
    [{ sentinel: ["s1"] }],
  ])("%j is refused", (metadata) => {
    expect(read(metadata)).toBeInstanceOf(InvalidArgument)
  })

  test("a cluster with a database number is refused", () => {
    expect(read({ cluster: true }, { ...address, database: 2 })).toBeInstanceOf(InvalidArgument)
  })
})

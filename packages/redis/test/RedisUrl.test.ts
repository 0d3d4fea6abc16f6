import { InvalidArgument } from "@framedb/core"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { describe, expect, test } from "vitest"
import { parseRedisUrl, type RedisAddress } from "../src/RedisUrl.ts"

interface Plain extends Omit<RedisAddress, "password"> {
  readonly password: string | undefined
}

const parse = (url: string): Plain | InvalidArgument => {
  const result = parseRedisUrl(Redacted.make(url))
  if (Result.isFailure(result)) return result.failure
  const { password } = result.success
  return { ...result.success, password: password === undefined ? undefined : Redacted.value(password) }
}

const local: Plain = {
  host: "db",
  port: 6379,
  database: 0,
  username: undefined,
  password: undefined,
  tls: false,
}

describe("a Redis URL", () => {
  test.each<[string, Plain]>([
    ["redis://db", local],
    ["redis://db/", local],
    ["redis://db:7000", { ...local, port: 7000 }],
    ["rediss://db", { ...local, tls: true }],
    ["REDIS://db", local],
    ["db", local],
    ["db:7000", { ...local, port: 7000 }],
    ["http://db:7000", { ...local, port: 7000 }],
    ["http://db:80", { ...local, port: 80 }],
    ["http://db", local],
    ["  redis://db:7000\n", { ...local, port: 7000 }],
    ["10.0.0.7:6380", { ...local, host: "10.0.0.7", port: 6380 }],
    ["redis://[::1]:6380", { ...local, host: "::1", port: 6380 }],
    ["[fe80::1]:6380", { ...local, host: "fe80::1", port: 6380 }],
    ["redis://db/3", { ...local, database: 3 }],
    ["redis://db?db=4", { ...local, database: 4 }],
    ["redis://db/3?db=4&protocol=3", { ...local, database: 3 }],
    ["redis://:secret@db", { ...local, password: "secret" }],
    ["redis://app:secret@db:1/2", { ...local, username: "app", password: "secret", port: 1, database: 2 }],
    ["app:secret@db:7000", { ...local, username: "app", password: "secret", port: 7000 }],
    [":secret@db", { ...local, password: "secret" }],
    ["redis://a%40b:p%40ss%2Fw%3Ard%25%C3%BC@db", { ...local, username: "a@b", password: "p@ss/w:rd%ü" }],
  ])("%s is read", (url, address) => {
    expect(parse(url)).toEqual(address)
  })

  test.each([
    "",
    "redis://",
    "redis:///3",
    "redis://:hunter2@",
    "mysql://app:hunter2@db:3306/x",
    "postgres://hunter2@db",
    "redis://app:hunter2@db:99999",
    "redis://app:hunter2@db:0",
    "redis://app:hunter2@db:port",
    "redis://app:hunter2@db/one",
    "redis://app:hunter2@db/1/2",
    "redis://app:hunter2@db/123456",
    "redis://app:hunter2%@db",
    "redis://app:hunter2%zz@db",
    "redis://app:hunter2#3@db",
    "redis://app:hunter2 x@d b",
    "http://",
    "unix:///hunter2.sock",
  ])("%s is refused, and nothing of it is shown", (url) => {
    const error = parse(url)
    expect(error).toBeInstanceOf(InvalidArgument)
    expect(error).toMatchObject({ argument: "url" })
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2")
  })
})

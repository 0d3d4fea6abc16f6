import { ReplyError } from "ioredis"
import { describe, expect, test } from "vitest"
import { failureOf, notSent, outOfTime } from "../src/failure.ts"
import { instanceAt } from "./instanceAt.ts"

const instance = instanceAt("redis://:hunter2@db")
const write = { name: "setMany", isWrite: true }
const read = { name: "getMany", isWrite: false }

describe("a failure", () => {
  test("names the operation, the instance and the server's code", () => {
    const error = failureOf(write, instance, new ReplyError("OOM command not allowed"))
    expect(error).toMatchObject({ backend: "redis", operation: "setMany", instance: "redis-under-test" })
    expect(error.reason).toMatchObject({ _tag: "Rejected", code: "OOM" })
  })

  test("shows no argument that a server or the driver repeats", () => {
    const refused = new ReplyError("ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `hunter2`, ")
    const thrown = Object.assign(refused, { command: { name: "hello", args: ["3", "AUTH", "default", "hunter2"] } })
    const error = failureOf(write, instance, thrown)
    expect(JSON.stringify(error) + String(error) + String(error.reason.cause) + error.stack).not.toContain("hunter2")
    expect(error.reason.message).toBe("ERR unknown command `HELLO`")
  })

  test("of a read never says that something may have been applied", () => {
    expect(failureOf(read, instance, new Error("Connection is closed.")).maybeApplied).toBe(false)
    expect(failureOf(write, instance, new Error("Connection is closed.")).maybeApplied).toBe(true)
    expect(outOfTime(read, instance, 10).maybeApplied).toBe(false)
    expect(outOfTime(write, instance, 10)).toMatchObject({ maybeApplied: true, reason: { _tag: "Timeout" } })
  })

  test("of what never was sent says why there is no connection", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" })
    const closed = notSent(write, instance, undefined)
    expect(closed).toMatchObject({ maybeApplied: false, reason: { _tag: "Unavailable" } })
    expect(notSent(write, instance, refused)).toMatchObject({ maybeApplied: false, reason: { code: "ECONNREFUSED" } })
    const wrong = notSent(write, instance, new ReplyError("WRONGPASS invalid"))
    expect(wrong).toMatchObject({ maybeApplied: false, reason: { _tag: "Unauthorized" } })
  })
})

import { describe, expect, it } from "@effect/vitest"
import { classifyCode, classifyStatus } from "@framedb/routing"

describe("classifyStatus", () => {
  it.each([
    [301, "Protocol", false],
    [400, "Rejected", false],
    [401, "Unauthorized", false],
    [403, "Unauthorized", false],
    [404, "Protocol", false],
    [405, "Protocol", false],
    [407, "Unauthorized", false],
    [408, "Timeout", false],
    [409, "Rejected", false],
    [413, "Rejected", false],
    [418, "Protocol", false],
    [429, "Overloaded", false],
    [500, "Protocol", true],
    [501, "Protocol", true],
    [502, "Unavailable", true],
    [503, "Overloaded", true],
    [504, "Timeout", true],
    [599, "Protocol", true],
    [200, "Protocol", true],
  ] as const)("%i is %s, maybeApplied %s", (status, tag, maybeApplied) => {
    expect(classifyStatus(status)).toEqual({ tag, maybeApplied })
  })
})

describe("classifyCode", () => {
  it.each([
    ["ECONNREFUSED", "Unavailable", false],
    ["ENOTFOUND", "Unavailable", false],
    ["EAI_AGAIN", "Unavailable", false],
    ["CONNECT_TIMEOUT", "Unavailable", false],
    ["ECONNRESET", "Unavailable", true],
    ["EPIPE", "Unavailable", true],
    ["DEADLINE", "Timeout", true],
    ["RESPONSE_TOO_LONG", "Protocol", true],
    ["HPE_INVALID_CONSTANT", "Protocol", true],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "Protocol", false],
    ["SOMETHING_NEW", "Unexpected", true],
    ["constructor", "Unexpected", true],
    [undefined, "Unexpected", true],
  ] as const)("%s is %s, maybeApplied %s", (code, tag, maybeApplied) => {
    expect(classifyCode(code)).toEqual({ tag, maybeApplied })
  })
})

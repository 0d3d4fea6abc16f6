import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { BackendError, backendReason, InvalidArgument, ObjectNotFound, redactText } from "@framedb/core"

describe("errors that a person prints", () => {
  it("show their name, their message and what else they know", () => {
    assert.match(inspect(new ObjectNotFound({ key: "k" })), /^ObjectNotFound: no object has the key "k"[\s\S]*key: 'k'/)
    assert.match(
      inspect(new InvalidArgument({ argument: "a", message: "m" })),
      /^InvalidArgument: m[\s\S]*argument: 'a'/,
    )
  })

  it.each([
    "connect redis://user:sesame@host:6379/1",
    "connect redis://user:ses/ame#sesame?@host:6379",
    "connect mysql://user:se@sesame@host",
    '{"host":"h","password":"sesame"}',
    "password: sesame",
    "?token=sesame&a=1",
    "Authorization: Bearer sesame",
    "authorization: Basic sesame=",
  ])("show nothing of a credential: %s", (text) => {
    assert.notInclude(redactText(text), "sesame")
  })

  it("keep what MySQL says of a password that was or was not there", () => {
    const message = "Access denied for user 'root'@'localhost' (using password: YES)"
    assert.strictEqual(redactText(message), message)
  })

  it("are made at once, whatever a server has written into its message", () => {
    for (const part of ["a", "a:", "a://", "a.", "password", "token=", "bearer "]) redactText(part.repeat(1_000_000))
  })

  it("show nothing of a URL's credentials", () => {
    const reason = backendReason("Unavailable", new Error("connect to redis://user:sesame@host:1 failed"))
    const error = new BackendError({ backend: "redis", operation: "open", instance: "i", reason, maybeApplied: false })
    assert.match(inspect(error), /^BackendError: redis "i" open: Unavailable: connect to redis:/)
    assert.notInclude(inspect(error, { depth: 9 }), "sesame")
  })
})

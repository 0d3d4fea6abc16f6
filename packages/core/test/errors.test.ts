import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { BackendError, backendReason, InvalidArgument, ObjectNotFound } from "@framedb/core"

describe("errors that a person prints", () => {
  it("show their name, their message and what else they know", () => {
    assert.match(inspect(new ObjectNotFound({ key: "k" })), /^ObjectNotFound: no object has the key "k"[\s\S]*key: 'k'/)
    assert.match(
      inspect(new InvalidArgument({ argument: "a", message: "m" })),
      /^InvalidArgument: m[\s\S]*argument: 'a'/,
    )
  })

  it("show nothing of a URL's credentials", () => {
    const reason = backendReason("Unavailable", new Error("connect to redis://user:sesame@host:1 failed"))
    const error = new BackendError({ backend: "redis", operation: "open", instance: "i", reason, maybeApplied: false })
    assert.match(inspect(error), /^BackendError: redis "i" open: Unavailable: connect to redis:/)
    assert.notInclude(inspect(error, { depth: 9 }), "sesame")
  })
})

import { assert, describe, it } from "@effect/vitest"
import fc from "fast-check"
import { addressIn } from "../src/registry/addressIn.ts"

describe("addressIn", () => {
  it.each([
    ["redis://host:6379", "host:6379"],
    ["redis://host", "host"],
    ["host:6379", "host:6379"],
    ["http://host:80/3?db=1#x", "host:80"],
    ["mysql+pymysql://root:secret@host:4000/framedb", "host:4000"],
    ["redis://:secret@[::1]:6379/0", "[::1]:6379"],
    ["root:secret@host:4000", "host:4000"],
  ])("gives host and port: %s", (url, address) => {
    assert.strictEqual(addressIn(url), address)
  })

  it.each(["se@cret", "se:cret", "se/cret", "se?cret", "se#cret", "se%cret", "se%zzcret", "se cret", "s@e:c/r?e#t%"])(
    "finds the host behind a password that was not encoded: %s",
    (password) => {
      assert.strictEqual(addressIn(`redis://user:${password}@host:6379/0`), "host:6379")
      assert.strictEqual(addressIn(`redis://:${password}@host:6379/0`), "host:6379")
    },
  )

  it.each([
    "",
    "redis://",
    "redis://user:secret@",
    // The password may be `12/34`, `12`, or a parameter.
    "redis://user:12/34@host:6379",
    "redis://user/secret@host:6379",
    "redis://user:se/cret@host:6379?password=12@34",
  ])("gives nothing where there is none, or a password may be shown for one: %s", (url) => {
    assert.isUndefined(addressIn(url))
  })

  it("shows the host, or nothing, whatever the password is", () => {
    const sign = fc.constantFrom(..."@:/?#% a1[]")
    const password = fc.string({ unit: sign, maxLength: 12 })
    fc.assert(
      fc.property(fc.constantFrom("redis://", "mysql://", ""), password, (scheme, secret) => {
        const address = addressIn(`${scheme}user:${secret}@host.example:6379/0`)
        assert.include(["host.example:6379", undefined], address)
      }),
    )
  })
})

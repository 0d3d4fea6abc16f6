import { assert, describe, it } from "@effect/vitest"
import { errorText } from "../src/onFailure.ts"
import { printable } from "../src/printable.ts"
import { lineFor } from "../src/say.ts"

const hostile = "key\u001b]0;title\u0007\r\n\u009b2J\u007f \u202eexe"

describe("text of others", () => {
  it("is printable on a terminal, and exact for files and programs", () => {
    const shown = lineFor({ isTTY: true }, hostile)
    assert.strictEqual(shown, "key\\u001b]0;title\\u0007\\r\\n\\u009b2J\\u007f \\u202eexe")
    assert.strictEqual(lineFor({}, hostile), hostile)
  })

  it("is the same JSON document on a terminal", () => {
    const record = { [hostile]: hostile, "ключ 漢字 👩‍💻": "\\u001b" }
    assert.deepEqual(JSON.parse(lineFor({ isTTY: true }, JSON.stringify(record))), record)
  })

  it("stays as it is where no terminal obeys it", () => {
    for (const text of ["", "a b/ü-漢字-👩‍💻", "\\u001b", "שלום"]) assert.strictEqual(printable(text), text)
  })

  it("is one printable line in an error", () => {
    assert.strictEqual(
      printable(errorText(new Error(`no ${hostile}\nmore`))),
      `no ${printable(hostile).replace("\\r\\n", " ")} more`,
    )
  })
})

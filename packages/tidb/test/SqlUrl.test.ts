import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { parseSqlUrl } from "../src/SqlUrl.ts"

const parse = (url: string) => {
  const { password, ...rest } = Result.getOrThrow(parseSqlUrl(Redacted.make(url)))
  return { ...rest, password: Redacted.value(password) }
}

const defaults = { port: 4000, user: "root", password: "", database: "framedb", tls: undefined }

describe("parseSqlUrl", () => {
  for (const [url, expected] of [
    ["mysql://db", { ...defaults, host: "db" }],
    ["db", { ...defaults, host: "db" }],
    ["db:3307", { ...defaults, host: "db", port: 3307 }],
    ["10.0.0.7:4000", { ...defaults, host: "10.0.0.7" }],
    ["http://db:80", { ...defaults, host: "db", port: 80 }],
    ["http://db", { ...defaults, host: "db" }],
    ["http://db:4001/", { ...defaults, host: "db", port: 4001 }],
    [" mysql://db:3306/other \n", { ...defaults, host: "db", port: 3306, database: "other" }],
    ["MySQL+PyMySQL://u:p@db/d", { ...defaults, host: "db", user: "u", password: "p", database: "d" }],
    ["mariadb://u@db", { ...defaults, host: "db", user: "u" }],
    ["u:p@db:1/d", { ...defaults, host: "db", port: 1, user: "u", password: "p", database: "d" }],
    ["mysql://:p@db", { ...defaults, host: "db", password: "p" }],
    ["mysql://[::1]:4001/d", { ...defaults, host: "::1", port: 4001, database: "d" }],
    [
      "mysql://%40us%3Aer:p%40ss%3A%2Fw%25%C3%B6rd@db/my%2Ddb",
      { ...defaults, host: "db", user: "@us:er", password: "p@ss:/w%örd", database: "my-db" },
    ],
    ["mysql://db/d?charset=utf8mb4&connect_timeout=5", { ...defaults, host: "db", database: "d" }],
  ] as const) {
    it(`reads ${url.trim()}`, () => assert.deepStrictEqual(parse(url), expected))
  }

  for (const [query, tls] of [
    ["ssl-mode=DISABLED", { mode: "disabled" }],
    ["sslmode=disable", { mode: "disabled" }],
    ["ssl-mode=PREFERRED", { mode: "preferred" }],
    ["ssl_mode=REQUIRED", { mode: "required" }],
    ["sslmode=require", { mode: "required" }],
    ["tls=skip-verify", { mode: "required" }],
    ["sslMode=VERIFY_CA", { mode: "verifyCa" }],
    ["sslmode=verify-full", { mode: "verifyIdentity" }],
    ["ssl-mode=VERIFY_IDENTITY", { mode: "verifyIdentity" }],
    ["tls=true", { mode: "verifyIdentity" }],
    ["ssl=true", { mode: "verifyIdentity" }],
    ["ssl_ca=%2Fetc%2Fca.pem", { mode: "verifyIdentity", ca: "/etc/ca.pem" }],
    ["ssl-cert=c&ssl-key=k&ssl-mode=required", { mode: "required", cert: "c", key: Redacted.make("k") }],
    ["ssl_verify_cert=true", { mode: "verifyCa" }],
    ["ssl_verify_cert=true&ssl_verify_identity=true", { mode: "verifyIdentity" }],
  ] as const) {
    it(`reads ?${query}`, () => assert.deepStrictEqual(parse(`mysql://db?${query}`).tls, tls))
  }

  for (const url of [
    "",
    "mysql://",
    "mysql:///d",
    "redis://user:s3cret@db:6379",
    "https://user:s3cret@db",
    "postgres://user:s3cret@db",
    "mysql://user:s3cret@db:99999",
    "mysql://user:s3cret@db:port",
    "mysql://user:s3cret%@db",
    "mysql://user:s3cret%ff@db",
    "mysql://user:s3cret@db/a/b",
    "mysql://user:s3cret@d b/",
    "mysql://user:s3cret@db?ssl-mode=s3cret",
  ]) {
    it(`refuses ${url === "" ? "an empty text" : url}, and shows no credentials`, () => {
      const result = parseSqlUrl(Redacted.make(url))
      assert.isTrue(Result.isFailure(result))
      if (Result.isFailure(result)) {
        assert.strictEqual(result.failure._tag, "InvalidArgument")
        assert.strictEqual(result.failure.argument, "url")
        assert.notMatch(`${result.failure.message} ${result.failure.stack}`, /s3cret|user:s/)
      }
    })
  }
})

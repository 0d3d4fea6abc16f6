import { assert, layer } from "@effect/vitest"
import { SqlServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import { open, withStore } from "./support.ts"

const user = { name: "tls user", password: "p@ss:w/ö%rd" }

layer(SqlServer.layer({ tls: true, user }), { excludeTestServices: true, timeout: "60 seconds" })("TLS", (it) => {
  const ping = (url: string, options = {}) => withStore(url, (connection) => connection.ping, options)

  it.effect("connects where the certificate is trusted and names the host", () =>
    Effect.gen(function* () {
      const server = yield* SqlServer.SqlServer
      const ca = server.certificate ?? ""
      yield* ping(server.urlFor(user), { tls: { ca } })
      yield* ping(`${server.urlFor(user)}?ssl-ca=${encodeURIComponent(`${server.directory}/certificate.pem`)}`)
      yield* ping(server.urlFor(user).replace("127.0.0.1", "localhost"), { tls: { ca } })
    }),
  )

  it.effect("refuses a certificate that nobody vouches for, unless it was asked to take any", () =>
    Effect.gen(function* () {
      const server = yield* SqlServer.SqlServer
      for (const [suffix, options] of [
        ["", { tls: {} }],
        ["?ssl-mode=VERIFY_CA", {}],
        ["?tls=false", { tls: {} }],
      ] as const) {
        const error = yield* Effect.flip(Effect.scoped(open(`${server.urlFor(user)}${suffix}`, options)))
        assert.strictEqual(error._tag === "BackendError" && error.reason._tag, "Protocol")
      }
      yield* ping(`${server.urlFor(user)}?sslmode=require`)
      yield* ping(`${server.urlFor(user)}?ssl-mode=PREFERRED`)
    }),
  )
})

layer(SqlServer.layer({ tls: true, user, certifiedNames: ["DNS:localhost"] }), {
  excludeTestServices: true,
  timeout: "60 seconds",
})("a certificate that names another host", (it) => {
  it.effect("is refused, also by an address", () =>
    Effect.gen(function* () {
      const server = yield* SqlServer.SqlServer
      const options = { tls: { ca: server.certificate ?? "" } }
      const error = yield* Effect.flip(Effect.scoped(open(server.urlFor(user), options)))
      assert.strictEqual(error._tag === "BackendError" && error.reason.code, "HANDSHAKE_SSL_ERROR")
      assert.include(error.message, "127.0.0.1")
      yield* withStore(server.urlFor(user).replace("127.0.0.1", "localhost"), ({ ping }) => ping, options)
      yield* withStore(`${server.urlFor(user)}?ssl-mode=VERIFY_CA`, ({ ping }) => ping, {
        tls: { ...options.tls, mode: "verifyCa" },
      })
    }),
  )
})

layer(SqlServer.layer({ args: ["--skip-ssl"] }), { excludeTestServices: true, timeout: "60 seconds" })(
  "a server without TLS",
  (it) => {
    it.effect("is refused where TLS is asked for, and taken where it is only preferred", () =>
      Effect.gen(function* () {
        const server = yield* SqlServer.SqlServer
        yield* withStore(`${server.url}?sslmode=prefer`, (connection) => connection.ping)
        const error = yield* Effect.flip(Effect.scoped(open(`${server.url}?sslmode=require`)))
        assert.strictEqual(error._tag === "BackendError" && error.reason._tag, "Protocol")
      }),
    )
  },
)

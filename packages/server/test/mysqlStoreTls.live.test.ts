/** Whom a store on a SQL server takes for its server, over TLS. */
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import { expect, layer } from "@effect/vitest"
import { MySqlRouteStore } from "@framedb/server"
import { SqlServer } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const user = { name: "routes", password: "hunter2" }

const open = (url: string) => Effect.scoped(MySqlRouteStore.make({ url: Redacted.make(url) }))

/** Trusts one authority more for the time of an effect. */
const trusting = (certificate: string | undefined) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = getCACertificates("default")
      setDefaultCACertificates([...before, certificate ?? ""])
      return before
    }),
    (before) => Effect.sync(() => setDefaultCACertificates(before)),
  )

layer(SqlServer.layer({ tls: true, user, certifiedNames: ["DNS:localhost"] }), {
  excludeTestServices: true,
  timeout: "60 seconds",
})("a store over TLS", (it) => {
  it.effect("takes a certificate that names its host, and no other", () =>
    Effect.gen(function* () {
      const server = yield* SqlServer.SqlServer
      yield* trusting(server.certificate)
      const url = `${server.urlFor(user)}?tls=true`
      yield* open(url.replace("127.0.0.1", "localhost"))
      const error = yield* Effect.flip(open(url))
      expect(error.cause?.code).toBe("HANDSHAKE_SSL_ERROR")
      expect(error.message).not.toContain(user.password)
    }).pipe(Effect.scoped),
  )

  it.effect("takes nobody's certificate", () =>
    Effect.gen(function* () {
      const server = yield* SqlServer.SqlServer
      const error = yield* Effect.flip(open(`${server.urlFor(user)}?tls=true`))
      expect(error.cause?.code).toBe("HANDSHAKE_SSL_ERROR")
    }),
  )

  it.effect("is not opened without TLS where the URL asks for it in other words", () =>
    Effect.gen(function* () {
      const server = yield* SqlServer.SqlServer
      for (const query of ["tls=1", "ssl-mode=REQUIRED", "useSSL=true", "sslmode=verify-full"]) {
        const error = yield* Effect.flip(open(`${server.urlFor(user)}?${query}`))
        expect(error.operation).toBe("open")
      }
      yield* open(`${server.urlFor(user)}?tls=false&charset=utf8mb4`)
    }),
  )
})

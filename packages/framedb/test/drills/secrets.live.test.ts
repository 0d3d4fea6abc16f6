import { createServer } from "node:http"
import { inspect } from "node:util"
import { expect, layer } from "@effect/vitest"
import { BackendError, FrameDB, FramedbId, type InstanceKind } from "@framedb/core"
import { InstanceAdministration } from "@framedb/routing"
import { RedisServer, RoutingServer, SqlServer } from "@framedb/testing"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { FrameDBLive } from "framedb"

/** Passwords that stand in every URL here, and must stand in nothing that comes out; also not percent-encoded. */
const [secret, valid] = ["s3same/öpen", "the right öne"] as const
const [encoded, encodedValid] = [encodeURIComponent(secret), encodeURIComponent(valid)] as const
const secrets = [secret, valid, encoded, encodedValid]

/** Servers that ask for a password, and a page in the place of a service. */
class Guarded extends Context.Service<
  Guarded,
  {
    readonly url: string
    readonly pageUrl: string
    readonly redisPort: number
    readonly sqlPort: number
    readonly register: (framedbId: string, kind: InstanceKind, url: string) => Effect.Effect<void, BackendError>
  }
>()("framedb/test/Guarded") {}

const page = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
    const server = createServer((_, response) => {
      response.writeHead(502, { "content-type": "text/html" })
      response.end("<html><title>502 Bad Gateway</title></html>")
    })
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const close = () => {
        server.close()
        server.closeAllConnections()
      }
      resume(Effect.succeed({ url: `http://user:${encoded}@127.0.0.1:${port}`, close }))
    })
  }),
  ({ close }) => Effect.sync(close),
)

const guarded = Layer.effect(
  Guarded,
  Effect.gen(function* () {
    const redis = yield* RedisServer.make({ password: valid })
    const sql = yield* SqlServer.make({ user: { name: "app", password: valid } })
    const { url } = yield* RoutingServer.make()
    const administration = yield* InstanceAdministration.make({ url })
    return Guarded.of({
      url,
      pageUrl: (yield* page).url,
      redisPort: redis.port,
      sqlPort: sql.port,
      register: (framedbId, kind, publicUrl) =>
        administration.register({ framedbId: FramedbId.make(framedbId), kind, publicUrl: Redacted.make(publicUrl) }),
    })
  }),
)

interface Shown {
  readonly error: unknown
  /** Everything that came out anywhere. */
  readonly text: string
}

const chainOf = (error: unknown): ReadonlyArray<unknown> =>
  typeof error === "object" && error !== null && "cause" in error ? [error, ...chainOf(error.cause)] : [error]

const textOf = (error: unknown): string => {
  const each = (part: unknown) => [
    String(part),
    part instanceof Error ? `${part.message} ${part.stack}` : "",
    JSON.stringify(part, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)) ?? "",
    inspect(part, { depth: Number.POSITIVE_INFINITY, showHidden: true }),
  ]
  return chainOf(error).flatMap(each).join("\n")
}

/** A tracer that remembers everything about its spans. */
const recording = (spans: Array<Tracer.NativeSpan>) =>
  Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })

/** Fails a call, and gives its error and everything that could be seen of it from outside. */
const failing = Effect.fnUntraced(function* (
  services: { readonly clusterUrl: string; readonly routingUrl: string },
  call: (db: FrameDB["Service"]) => Effect.Effect<unknown, unknown>,
) {
  const lines: Array<unknown> = []
  const spans: Array<Tracer.NativeSpan> = []
  const logger = Logger.make(({ message, cause }) => {
    lines.push(message, Cause.pretty(cause))
  })
  const options = {
    ...services,
    retries: 1,
    redis: { connectTimeoutMillis: 1_000 },
    tidb: { connectTimeoutMillis: 1_000 },
  }
  const run = Effect.gen(function* () {
    const db = Context.get(yield* Layer.build(FrameDBLive.layer(options)), FrameDB)
    return yield* Effect.flip(call(db))
  }).pipe(
    Effect.scoped,
    Effect.withTracer(recording(spans)),
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, "Trace"),
  )
  const error = yield* run
  const seen = spans.map(({ name, attributes, events, status }) => [name, [...attributes], events, status])
  return { error, text: `${textOf(error)}\n${textOf(lines)}\n${textOf(seen)}` } satisfies Shown
})

const data = Uint8Array.of(1)
const setOn = (framedbId: string, type: "in-memory" | "storage") => (db: FrameDB["Service"]) =>
  db.setObject({ key: "secret", data, framedbId, type })

layer(guarded, { excludeTestServices: true, timeout: "60 seconds" })("what is wrong gives its own error", (it) => {
  const wrong: ReadonlyArray<
    readonly [string, InstanceKind, (ports: { redisPort: number; sqlPort: number }) => string, object]
  > = [
    [
      "a wrong Redis password",
      "redis",
      ({ redisPort }) => `redis://:${encoded}@127.0.0.1:${redisPort}`,
      { reason: { _tag: "Unauthorized" }, backend: "redis" },
    ],
    [
      "a wrong Redis user",
      "redis",
      ({ redisPort }) => `redis://nobody:${encoded}@127.0.0.1:${redisPort}`,
      { reason: { _tag: "Unauthorized" } },
    ],
    [
      "no Redis password",
      "redis",
      ({ redisPort }) => `redis://127.0.0.1:${redisPort}/0?token=${encoded}`,
      { reason: { _tag: "Unauthorized" } },
    ],
    [
      "a wrong SQL password",
      "sql",
      ({ sqlPort }) => `mysql://app:${encoded}@127.0.0.1:${sqlPort}/framedb`,
      { reason: { _tag: "Unauthorized" }, backend: "sql" },
    ],
    ["a Redis that is away", "redis", () => `redis://:${encoded}@127.0.0.1:1`, { reason: { _tag: "Unavailable" } }],
    [
      "a SQL server that is away",
      "sql",
      () => `mysql://app:${encoded}@127.0.0.1:1/framedb`,
      { reason: { _tag: "Unavailable" } },
    ],
    [
      "a database that is not there",
      "sql",
      ({ sqlPort }) => `mysql://app:${encodedValid}@127.0.0.1:${sqlPort}/absent`,
      { _tag: "BackendError", backend: "sql" },
    ],
    [
      "a URL that can't be read",
      "redis",
      () => `redis://:${encoded}@:nonsense:/x`,
      { _tag: "InvalidArgument", argument: "url" },
    ],
    [
      "a SQL URL that can't be read",
      "sql",
      () => `mysql://app:${encoded}@@@:x/y`,
      { _tag: "InvalidArgument", argument: "url" },
    ],
    [
      "a URL of another kind",
      "redis",
      () => `ftp://app:${encoded}@127.0.0.1:21`,
      { _tag: "InvalidArgument", argument: "url" },
    ],
    [
      "a SQL server where Redis should be",
      "redis",
      ({ sqlPort }) => `redis://:${encoded}@127.0.0.1:${sqlPort}`,
      { _tag: "BackendError", backend: "redis" },
    ],
    [
      "a Redis where a SQL server should be",
      "sql",
      ({ redisPort }) => `mysql://app:${encoded}@127.0.0.1:${redisPort}/framedb`,
      { _tag: "BackendError" },
    ],
  ]
  for (const [index, [name, kind, urlOf, expected]] of wrong.entries()) {
    it.effect(`${name}, and shows no password`, () =>
      Effect.gen(function* () {
        const { url, register, ...ports } = yield* Guarded
        yield* register(`wrong-${index}`, kind, urlOf(ports))
        const call = setOn(`wrong-${index}`, kind === "redis" ? "in-memory" : "storage")
        const { error, text } = yield* failing({ clusterUrl: url, routingUrl: url }, call)
        expect(error).toMatchObject(expected)
        for (const word of secrets) expect(text).not.toContain(word)
      }),
    )
  }

  it.effect("services that are away, and a page in their place, each by its own error, without the password", () =>
    Effect.gen(function* () {
      const { url, pageUrl } = yield* Guarded
      const away = `http://user:${encoded}@127.0.0.1:1`
      const trials = [
        [
          { clusterUrl: url, routingUrl: away },
          (db: FrameDB["Service"]) => db.getObject("k"),
          "routing",
          "Unavailable",
        ],
        [{ clusterUrl: away, routingUrl: url }, setOn("any", "in-memory"), "registry", "Unavailable"],
        [{ clusterUrl: url, routingUrl: pageUrl }, (db: FrameDB["Service"]) => db.getObject("k"), "routing", undefined],
        [{ clusterUrl: pageUrl, routingUrl: url }, setOn("any", "storage"), "registry", undefined],
      ] as const
      for (const [services, call, backend, reason] of trials) {
        const { error, text } = yield* failing(services, call)
        expect(error).toBeInstanceOf(BackendError)
        expect(error).toMatchObject({ backend, ...(reason === undefined ? {} : { reason: { _tag: reason } }) })
        for (const word of secrets) expect(text).not.toContain(word)
      }
    }),
  )

  it.effect("an instance that is unknown, or known as the other kind", () =>
    Effect.gen(function* () {
      const { url, register, redisPort } = yield* Guarded
      yield* register("only-redis", "redis", `redis://:${encoded}@127.0.0.1:${redisPort}`)
      const services = { clusterUrl: url, routingUrl: url }
      for (const framedbId of ["nowhere", "only-redis"]) {
        const { error, text } = yield* failing(services, setOn(framedbId, "storage"))
        expect(error).toMatchObject({ _tag: "InstanceNotFound", framedbId, kind: "sql" })
        for (const word of secrets) expect(text).not.toContain(word)
      }
    }),
  )

  it.effect("http://host:port for a database is understood", () =>
    Effect.gen(function* () {
      const { url, register, redisPort, sqlPort } = yield* Guarded
      yield* register("http-redis", "redis", `http://:${encodedValid}@127.0.0.1:${redisPort}`)
      yield* register("http-sql", "sql", `http://app:${encodedValid}@127.0.0.1:${sqlPort}/framedb`)
      const services = yield* Layer.build(FrameDBLive.layer({ clusterUrl: url, routingUrl: url }))
      const db = Context.get(services, FrameDB)
      yield* setOn("http-redis", "in-memory")(db)
      yield* setOn("http-sql", "storage")(db)
      expect((yield* db.getObject("secret")).data).toEqual(data)
    }),
  )
})

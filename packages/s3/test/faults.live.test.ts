import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { it } from "@effect/vitest"
import { type BackendError, type ObjectStorageService, readBytes } from "@framedb/core"
import { S3ObjectStorage, type S3ObjectStorageOptions } from "@framedb/s3"
import { type S3Fault, type S3ServerOptions, startS3Server } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { describe, expect } from "vitest"

const partBytes = 5 * 1024 * 1024
const large = new Uint8Array(2 * partBytes + 1000).map((_, index) => (index * 7) ^ (index >> 9))
const small = large.slice(0, 100_000)
const pieces = (bytes: Uint8Array) =>
  Stream.fromIterable(
    Array.from({ length: Math.ceil(bytes.length / 300_000) }, (_, index) =>
      bytes.subarray(index * 300_000, (index + 1) * 300_000),
    ),
  )

const start = (options: Partial<S3ObjectStorageOptions> = {}, server: S3ServerOptions = {}) =>
  Effect.gen(function* () {
    const s3 = yield* startS3Server(server)
    const storage = yield* S3ObjectStorage.make({
      endpoint: s3.endpoint,
      bucket: "backups",
      credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test-secret") },
      partBytes,
      answerTimeoutMillis: 1_500,
      idleTimeoutMillis: 400,
      ...options,
    })
    return { s3, storage }
  })

const reasonOf = (error: unknown): string => (error as BackendError).reason._tag
const read = (storage: ObjectStorageService, name: string) =>
  Effect.map(readBytes(storage, name), (found) => Option.getOrThrow(found).bytes)
const same = (left: Uint8Array, right: Uint8Array) => expect(Buffer.compare(left, right)).toBe(0)

describe("an upload in parts", () => {
  const bad: ReadonlyArray<readonly [string, S3Fault]> = [
    ["answers 503", { kind: "error", status: 503, code: "SlowDown" }],
    ["fails inside", { kind: "error", status: 500, code: "InternalError" }],
    ["drops the connection", { kind: "reset" }],
    ["loses its answer", { kind: "lostAnswer" }],
    ["never answers", { kind: "silence" }],
  ]
  const operations = ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"] as const
  for (const [what, fault] of bad) {
    for (const operation of operations) {
      it.live(
        `survives that ${operation} ${what}`,
        () =>
          Effect.gen(function* () {
            const { s3, storage } = yield* start()
            s3.faults.inject({ operation, fault })
            expect(yield* storage.put("x", pieces(large), { createOnly: true })).toBe("written")
            same(yield* read(storage, "x"), large)
            // An upload whose creation was not answered can't be known by anyone; it holds no parts.
            const orphans =
              operation === "CreateMultipartUpload" && ["lostAnswer", "silence"].includes(fault.kind) ? 1 : 0
            expect(s3.store.uploads("backups")).toHaveLength(orphans)
          }),
        20_000,
      )
    }
  }

  it.live("survives an error in an answer of 200", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start()
      s3.faults.inject({ operation: "CompleteMultipartUpload", fault: { kind: "errorIn200", code: "InternalError" } })
      yield* storage.put("x", pieces(large))
      same(yield* read(storage, "x"), large)
    }),
  )

  it.live("that fails for good leaves no object and no parts", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start({ attempts: 2 })
      s3.faults.inject({
        operation: "UploadPart",
        after: 1,
        times: 100,
        fault: { kind: "error", status: 503, code: "SlowDown" },
      })
      expect(reasonOf(yield* Effect.flip(storage.put("x", pieces(large))))).toBe("Overloaded")
      expect(s3.store.uploads("backups")).toEqual([])
      expect(yield* readBytes(storage, "x")).toEqual(Option.none())
    }),
  )

  it.live("that is interrupted leaves no object and no parts", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start()
      const body = Stream.concat(pieces(large), Stream.fromEffect(Effect.never))
      const fiber = yield* Effect.forkChild(storage.put("x", body))
      while ((s3.requests.get("UploadPart") ?? 0) < 2) yield* Effect.sleep(5)
      yield* Fiber.interrupt(fiber)
      expect(s3.store.uploads("backups")).toEqual([])
      expect(s3.store.bucket("backups").size).toBe(0)
    }),
  )

  it.live("that finds the store full says so and leaves nothing", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start({}, { capacityBytes: partBytes + 10 })
      expect(reasonOf(yield* Effect.flip(storage.put("x", pieces(large))))).toBe("Rejected")
      expect(s3.store.uploads("backups")).toEqual([])
      expect(reasonOf(yield* Effect.flip(storage.put("y", large)))).toBe("Rejected")
    }),
  )
})

describe("a download", () => {
  const breaks: ReadonlyArray<readonly [string, S3Fault]> = [
    ["is cut in the middle", { kind: "cutBody", afterBytes: 1_234_567 }],
    ["is cut before the first byte", { kind: "cutBody", afterBytes: 0 }],
    ["goes silent in the middle", { kind: "stallBody", afterBytes: 700_000 }],
  ]
  for (const [what, fault] of breaks) {
    it.live(
      `that ${what} goes on by range, again and again`,
      () =>
        Effect.gen(function* () {
          const { s3, storage } = yield* start()
          yield* storage.put("x", large)
          s3.faults.inject({ operation: "GetObject", times: 3, fault })
          same(yield* read(storage, "x"), large)
          expect(s3.requests.get("GetObject")).toBe(4)
          s3.faults.inject({ operation: "GetObject", fault })
          const range = { offset: 1_000, length: 3_000_000 }
          same(Option.getOrThrow(yield* readBytes(storage, "x", { range })).bytes, large.subarray(1_000, 3_001_000))
        }),
      20_000,
    )
  }

  it.live("survives errors while it is resumed", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start()
      yield* storage.put("x", large)
      s3.faults.inject({ operation: "GetObject", fault: { kind: "cutBody", afterBytes: 10_000 } })
      s3.faults.inject({ operation: "GetObject", times: 2, fault: { kind: "error", status: 503, code: "SlowDown" } })
      s3.faults.inject({ operation: "GetObject", fault: { kind: "reset" } })
      same(yield* read(storage, "x"), large)
    }),
  )

  it.live("that breaks without progress gives up after its attempts", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start({ attempts: 3 })
      yield* storage.put("x", large)
      s3.faults.inject({ operation: "GetObject", times: 100, fault: { kind: "cutBody", afterBytes: 0 } })
      expect(reasonOf(yield* Effect.flip(read(storage, "x")))).toBe("Unavailable")
      expect(s3.requests.get("GetObject")).toBe(3)
    }),
  )

  it.live("never mixes two versions", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start()
      yield* storage.put("x", large)
      s3.faults.inject({ operation: "GetObject", fault: { kind: "cutBody", afterBytes: 500_000 } })
      const failed = yield* Effect.scoped(
        Effect.gen(function* () {
          const found = Option.getOrThrow(yield* storage.get("x"))
          yield* storage.put(
            "x",
            large.map((byte) => byte ^ 255),
          )
          return yield* Effect.flip(Stream.runDrain(found.body))
        }),
      )
      expect(failed.isRetryable).toBe(true)
    }),
  )

  it.live("that is left gives its connection back at once", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start({ maxConnections: 2 })
      yield* storage.put("x", large)
      for (let round = 0; round < 10; round++) {
        yield* Effect.scoped(
          Effect.flatMap(storage.get("x"), (found) => Stream.runDrain(Stream.take(Option.getOrThrow(found).body, 1))),
        )
      }
      expect(s3.connections()).toBeLessThanOrEqual(3)
    }),
  )
})

describe("a single call", () => {
  it.live("is tried once where the caller can repeat it, and says whether it may have landed", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start()
      for (const [fault, tag, maybeApplied] of [
        [{ kind: "error", status: 503, code: "SlowDown" }, "Overloaded", false],
        [{ kind: "lostAnswer" }, "Unavailable", true],
        [{ kind: "silence" }, "Timeout", true],
      ] as const) {
        s3.faults.inject({ operation: "PutObject", fault })
        const error = yield* Effect.flip(storage.put("x", small))
        expect(error).toMatchObject({ _tag: "BackendError", backend: "objectStorage", operation: "put", maybeApplied })
        expect(reasonOf(error)).toBe(tag)
      }
      expect(s3.requests.get("PutObject")).toBe(3)
    }),
  )

  it.live("keeps to its connections also with large bodies", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start({ maxConnections: 2 })
      let most = 0
      const watch = setInterval(() => {
        most = Math.max(most, s3.connections())
      }, 1)
      yield* Effect.addFinalizer(() => Effect.sync(() => clearInterval(watch)))
      const names = Array.from({ length: 8 }, (_, index) => `x${index}`)
      yield* Effect.forEach(names, (name) => storage.put(name, large), { concurrency: 8, discard: true })
      expect(most).toBeLessThanOrEqual(2)
      expect(s3.connections()).toBeLessThanOrEqual(2)
    }),
  )

  it.live("ends with an error where the store answers before it has taken the body, and closes", () =>
    Effect.gen(function* () {
      const refusing = createServer((_, response) => {
        response.writeHead(403, { "content-type": "application/xml", connection: "close" })
        response.end("<Error><Code>AccessDenied</Code><Message>no</Message></Error>")
      })
      yield* Effect.addFinalizer(() => Effect.sync(() => refusing.closeAllConnections()))
      const endpoint = yield* Effect.callback<string>((resume) => {
        refusing.listen(0, "127.0.0.1", () => {
          // A TCP server's address is an AddressInfo once it listens.
          resume(Effect.succeed(`http://127.0.0.1:${(refusing.address() as AddressInfo).port}`))
        })
      })
      const { storage } = yield* start({ endpoint })
      const error = yield* Effect.flip(storage.put("x", large))
      // The connection may be gone before the answer is seen.
      expect(["Unauthorized", "Unavailable"]).toContain(reasonOf(error))
      refusing.close()
    }),
  )

  it.live("is repeated where the body was a stream", () =>
    Effect.gen(function* () {
      const { s3, storage } = yield* start()
      s3.faults.inject({ operation: "PutObject", times: 2, fault: { kind: "error", status: 503, code: "SlowDown" } })
      yield* storage.put("x", pieces(small))
      same(yield* read(storage, "x"), small)
    }),
  )

  it.live("tells a missing bucket from a missing object", () =>
    Effect.gen(function* () {
      const { storage } = yield* start({ bucket: "elsewhere" })
      expect(reasonOf(yield* Effect.flip(storage.put("x", small)))).toBe("Rejected")
      for (const effect of [storage.stat("x"), readBytes(storage, "x"), Stream.runDrain(storage.list(""))]) {
        const error = yield* Effect.flip(effect as Effect.Effect<unknown, BackendError>)
        expect([error.reason._tag, error.reason.code]).toEqual(["Rejected", "NoSuchBucket"])
      }
    }),
  )

  it.live("says that credentials are wrong, and shows none", () =>
    Effect.gen(function* () {
      for (const [accessKeyId, secret] of [
        ["test", "wrong-secret"],
        ["other", "test-secret"],
      ] as const) {
        const { storage } = yield* start({ credentials: { accessKeyId, secretAccessKey: Redacted.make(secret) } })
        const error = yield* Effect.flip(storage.put("x", small))
        expect(reasonOf(error)).toBe("Unauthorized")
        expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain(secret)
        expect(reasonOf(yield* Effect.flip(storage.stat("x")))).toBe("Unauthorized")
      }
    }),
  )

  it.live("works where the store refuses the SDK's checksums, and says so where they were asked for", () =>
    Effect.gen(function* () {
      const plain = yield* start({}, { refusesChecksums: true })
      yield* plain.storage.put("x", pieces(large))
      same(yield* read(plain.storage, "x"), large)
      const asked = yield* start({ checksums: "when-supported" }, { refusesChecksums: true })
      expect(reasonOf(yield* Effect.flip(asked.storage.put("x", small)))).toBe("Rejected")
    }),
  )

  it.live("answers in bounded time where nothing listens", () =>
    Effect.gen(function* () {
      const { storage } = yield* start({ endpoint: "http://127.0.0.1:1" })
      expect(reasonOf(yield* Effect.flip(storage.put("x", small)))).toBe("Unavailable")
      expect(reasonOf(yield* Effect.flip(readBytes(storage, "x")))).toBe("Unavailable")
    }),
  )
})

/** Stores that speak S3, but not all of it, or with a clock of their own. */
import { createHash } from "node:crypto"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { it } from "@effect/vitest"
import { type BackendError, readBytes } from "@framedb/core"
import { S3ObjectStorage, type S3ObjectStorageOptions } from "@framedb/s3"
import { startS3Server } from "@framedb/testing"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { describe, expect } from "vitest"

const listen = (answer: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly endpoint: string; readonly close: () => void }>((resume) => {
      const server = createServer(answer)
      const close = () => {
        server.close()
        server.closeAllConnections()
      }
      server.listen(0, "127.0.0.1", () => {
        // A TCP server's address is an AddressInfo once it listens.
        resume(Effect.succeed({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close),
  )

const optionsOf = (endpoint: string): S3ObjectStorageOptions => ({
  endpoint,
  bucket: "backups",
  credentials: { accessKeyId: "test", secretAccessKey: Redacted.make("test-secret") },
})

const open = (endpoint: string) => S3ObjectStorage.make(optionsOf(endpoint))

const answering = (answer: RequestListener) => Effect.flatMap(listen(answer), ({ endpoint }) => open(endpoint))

const reasonOf = (error: BackendError): string => error.reason._tag

describe("a store that knows no ranges", () => {
  it.live("is refused for a part of an object, and taken for the whole", () =>
    Effect.gen(function* () {
      const storage = yield* answering((_, response) => {
        response.writeHead(200, { "content-length": "10", etag: '"1"' }).end("0123456789")
      })
      for (const range of [{ offset: 3 }, { offset: 0, length: 4 }, { offset: 2, length: 3 }]) {
        expect(reasonOf(yield* Effect.flip(readBytes(storage, "x", { range })))).toBe("Protocol")
      }
      for (const range of [{ offset: 0 }, { offset: 0, length: 10 }]) {
        const found = yield* readBytes(storage, "x", { range })
        expect(found).toMatchObject({ value: { bytes: new TextEncoder().encode("0123456789") } })
      }
    }),
  )
})

describe("a store that knows no conditions", () => {
  it.live("does not give an object of two versions", () =>
    Effect.gen(function* () {
      let requests = 0
      const storage = yield* answering((request, response) => {
        requests++
        if (requests > 1) {
          const from = Number(/^bytes=(\d+)-9$/.exec(request.headers.range ?? "")?.[1])
          response.writeHead(206, {
            "content-length": 10 - from,
            "content-range": `bytes ${from}-9/10`,
            etag: '"2"',
          })
          response.end("B".repeat(10 - from))
          return
        }
        response.writeHead(200, { "content-length": "10", etag: '"1"' })
        response.write("AAAAA", () => setTimeout(() => response.destroy(), 20))
      })
      const error = yield* Effect.flip(readBytes(storage, "x"))
      expect(error.isRetryable).toBe(true)
      expect(requests).toBe(2)
    }),
  )
})

describe("a listing that is said to go on", () => {
  const page = (token: string) =>
    `<?xml version="1.0"?><ListBucketResult><Name>backups</Name><IsTruncated>true</IsTruncated>${token}<Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>`
  for (const [what, token] of [
    ["nobody knows where", ""],
    ["where it was", "<NextContinuationToken>again</NextContinuationToken>"],
  ] as const) {
    it.live(`${what} is not taken for the whole`, () =>
      Effect.gen(function* () {
        const storage = yield* answering((_, response) => {
          response.writeHead(200, { "content-type": "application/xml" }).end(page(token))
        })
        expect(reasonOf(yield* Effect.flip(Stream.runDrain(storage.list(""))))).toBe("Protocol")
      }),
    )
  }
})

describe("an answer of something that is no store", () => {
  for (const [what, body] of [
    ["a page of HTML", "<!DOCTYPE html><html><head><title>Log in</title></head><body><p>Welcome</p></body></html>"],
    ["well-formed HTML", "<html><body><p>Log in</p></body></html>"],
    ["nothing", ""],
    ["another document", '<?xml version="1.0"?><ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>'],
  ] as const) {
    it.live(`is no empty listing, where it is ${what}`, () =>
      Effect.gen(function* () {
        const storage = yield* answering((_, response) => {
          response.writeHead(200, { "content-type": "text/html" }).end(body)
        })
        expect(reasonOf(yield* Effect.flip(Stream.runDrain(storage.list(""))))).toBe("Protocol")
      }),
    )
  }

  it.live("is no empty object, where it says no length", () =>
    Effect.gen(function* () {
      const storage = yield* answering((_, response) => {
        response.writeHead(200, { "content-type": "text/html", "transfer-encoding": "chunked" }).end()
      })
      expect(reasonOf(yield* Effect.flip(storage.stat("x")))).toBe("Protocol")
    }),
  )
})

describe("a machine whose clock is wrong", () => {
  it.live("has what was refused for it done by the store's clock", () =>
    Effect.gen(function* () {
      let refused = 0
      const storage = yield* answering((request, response) => {
        request.resume()
        const there = Date.now() + 3_600_000
        response.setHeader("date", new Date(there).toUTCString())
        const signed = String(request.headers["x-amz-date"])
        const iso = signed.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5")
        if (Math.abs(Date.parse(iso) - there) < 900_000) {
          response.writeHead(200).end()
          return
        }
        refused++
        response.writeHead(403, { "content-type": "application/xml" })
        response.end("<Error><Code>RequestTimeTooSkewed</Code><Message>too far apart</Message></Error>")
      })
      const names = ["a", "b", "c"]
      const outcomes = yield* Effect.forEach(names, (name) => storage.put(name, new Uint8Array(10)), {
        concurrency: 3,
      })
      expect(outcomes).toEqual(["written", "written", "written"])
      yield* storage.put("d", new Uint8Array(10))
      expect(refused).toBeLessThanOrEqual(3)
    }),
  )
})

describe("bytes whose digest the caller has", () => {
  for (const signPayload of [true, false]) {
    it.live(`are stored, and refused where it is another's, with signPayload ${signPayload}`, () =>
      Effect.gen(function* () {
        const s3 = yield* startS3Server()
        const storage = yield* S3ObjectStorage.make({ ...optionsOf(s3.endpoint), signPayload })
        const bytes = new Uint8Array(300_000).fill(7)
        const digest = createHash("sha256").update(bytes).digest("hex")
        expect(yield* storage.put("x", bytes, { sha256: digest })).toBe("written")
        expect(yield* readBytes(storage, "x")).toMatchObject({ value: { bytes } })
        const error = yield* Effect.flip(storage.put("y", bytes, { sha256: [...digest].reverse().join("") }))
        expect(error).toMatchObject({ _tag: "BackendError" })
        expect(yield* storage.stat("y")).toMatchObject({ _tag: "None" })
      }),
    )
  }
})

describe("creating only", () => {
  for (const [what, sizeBytes, operation] of [
    ["a stream that fits into a part", 100, "PutObject"],
    ["a stream of parts", 12 * 1024 * 1024, "CompleteMultipartUpload"],
  ] as const) {
    it.live(`knows its own object again although answers are lost, of ${what}`, () =>
      Effect.gen(function* () {
        const s3 = yield* startS3Server()
        const storage = yield* open(s3.endpoint)
        const body = Stream.succeed(new Uint8Array(sizeBytes))
        s3.faults.inject({ operation, fault: { kind: "lostAnswer" } })
        s3.faults.inject({ operation: "HeadObject", fault: { kind: "error", status: 503, code: "SlowDown" } })
        expect(yield* storage.put("x", body, { createOnly: true })).toBe("written")
        expect(yield* storage.put("x", body, { createOnly: true })).toBe("exists")
        const found = yield* storage.stat("x")
        expect(found).toMatchObject({ value: { sizeBytes, attributes: {} } })
      }),
    )
  }
})

/**
 * A small faithful S3 server for tests: it verifies signatures and digests, honours conditions, ranges and multipart rules,
 * and misbehaves on demand. It keeps everything in memory and speaks path style over plain HTTP on the loopback.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { hasChecksum, readPayload } from "./payload.ts"
import { refusalAnswer, type S3Answer, S3Refusal } from "./S3Answer.ts"
import { S3Body } from "./S3Body.ts"
import { makeS3Faults, type S3Fault, type S3Faults, type S3Operation } from "./S3Faults.ts"
import { runS3Operation } from "./S3Operations.ts"
import { operationOf, parseS3Request } from "./S3Request.ts"
import { S3Store } from "./S3Store.ts"
import { type S3Credentials, verifySignature } from "./signature.ts"

/** How a server behaves. */
export interface S3ServerOptions {
  /** The buckets that exist; `["backups"]` by default. */
  readonly buckets?: ReadonlyArray<string>
  /** The keys that it accepts; `test` and `test-secret` by default. */
  readonly credentials?: S3Credentials
  /** The most bytes that fit; no bound by default. A put beyond it is refused with 507. */
  readonly capacityBytes?: number
  /** The least size of a part that is not the last, in bytes; S3's 5 MiB by default. */
  readonly minimumPartBytes?: number
  /** Refuses flexible checksums and their trailers, as many compatible stores do; false by default. */
  readonly refusesChecksums?: boolean
  /** Verifies signatures and digests; true by default. A benchmark of a client does without, so as not to measure the server. */
  readonly verifies?: boolean
}

/** A running server. */
export interface S3Server {
  readonly endpoint: string
  readonly credentials: S3Credentials
  readonly faults: S3Faults
  readonly store: S3Store
  /** How often each operation was asked since the start, faults included. */
  readonly requests: ReadonlyMap<S3Operation, number>
  /** The connections that are open now. */
  readonly connections: () => number
}

const send = (response: ServerResponse, answer: S3Answer, isHead: boolean): void => {
  response.writeHead(answer.status, { "content-length": String(answer.body.length), ...answer.headers })
  response.end(isHead ? undefined : answer.body)
}

const flipped = (body: Buffer, at: number): Buffer => {
  const changed = Buffer.from(body)
  if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

/** Sends a good answer in the bad way that a fault asks for. */
const misbehave = (response: ServerResponse, answer: S3Answer, fault: S3Fault): void => {
  switch (fault.kind) {
    case "silence":
      return
    case "lostAnswer":
      response.destroy()
      return
    case "flipByte":
      send(response, { ...answer, body: flipped(answer.body, fault.atByte) }, false)
      return
    case "cutBody":
    case "stallBody":
      response.writeHead(answer.status, { "content-length": String(answer.body.length), ...answer.headers })
      response.write(answer.body.subarray(0, fault.afterBytes), () => {
        if (fault.kind === "cutBody") response.destroy()
      })
      return
    case "errorIn200":
      send(response, { ...refusalAnswer(200, fault.code, "an injected fault") }, false)
      return
    default:
      send(response, answer, false)
  }
}

/** By events, since going through a body as an iterable takes as long as receiving it. */
const readBody = (message: IncomingMessage): Promise<S3Body> =>
  new Promise((resolve, reject) => {
    const pieces: Array<Buffer> = []
    message.on("data", (piece: Buffer) => pieces.push(piece))
    message.on("end", () => resolve(new S3Body(pieces)))
    // One that ended has been resolved by then.
    message.on("error", reject).on("close", () => reject(new Error("the client went away")))
  })

const makeHandler =
  (server: Omit<S3Server, "endpoint" | "connections">, counts: Map<S3Operation, number>, options: S3ServerOptions) =>
  async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const request = parseS3Request(message)
      const operation = operationOf(request)
      counts.set(operation, (counts.get(operation) ?? 0) + 1)
      const fault = server.faults.take(operation, request.key)
      if (fault?.kind === "reset") return void message.destroy()
      const body = await readBody(message)
      if (fault?.kind === "error") throw new S3Refusal(fault.status, fault.code, "an injected fault")
      if (fault?.kind === "errorIn200") return misbehave(response, refusalAnswer(200, fault.code, ""), fault)
      if (options.verifies !== false) verifySignature(request, server.credentials)
      if (options.refusesChecksums === true && hasChecksum(request))
        throw new S3Refusal(501, "NotImplemented", "no such checksum here")
      const answer = runS3Operation(
        server.store,
        operation,
        request,
        options.verifies === false ? body : readPayload(request, body),
      )
      if (fault === undefined) send(response, answer, message.method === "HEAD")
      else misbehave(response, answer, fault)
    } catch (thrown) {
      // A client that went away in the middle of its body needs no answer.
      if (message.destroyed && !message.complete) return
      const refusal = thrown instanceof S3Refusal ? thrown : new S3Refusal(500, "InternalError", String(thrown))
      send(response, refusalAnswer(refusal.status, refusal.code, refusal.message), message.method === "HEAD")
    }
  }

const listen = async (server: Server): Promise<string> => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  // A TCP server's address is an AddressInfo once it listens; only pipes have strings.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Starts a server on a free port of the loopback; it stops with the scope. */
export const startS3Server = (options: S3ServerOptions = {}): Effect.Effect<S3Server, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const counts = new Map<S3Operation, number>()
        const parts = {
          credentials: options.credentials ?? { accessKeyId: "test", secretAccessKey: "test-secret" },
          faults: makeS3Faults(),
          store: new S3Store({
            buckets: options.buckets ?? ["backups"],
            capacityBytes: options.capacityBytes ?? Number.POSITIVE_INFINITY,
            minimumPartBytes: options.minimumPartBytes ?? 5 * 1024 * 1024,
            digests: options.verifies ?? true,
          }),
          requests: counts,
        }
        const handle = makeHandler(parts, counts, options)
        const open = new Set<object>()
        const http = createServer((message, response) => void handle(message, response))
        http.on("connection", (socket) => {
          open.add(socket)
          socket.on("close", () => open.delete(socket))
        })
        return { http, server: { ...parts, endpoint: await listen(http), connections: () => open.size } }
      }),
      ({ http }) =>
        Effect.promise(async () => {
          http.close()
          http.closeAllConnections()
          await once(http, "close")
        }),
    ),
    ({ server }) => server,
  )

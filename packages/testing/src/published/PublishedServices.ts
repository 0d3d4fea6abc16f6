/**
 * The published Python services as they answer when they are run, faults included, on one port.
 *
 * - A success is 200, a create 201 with the `id`; a failure is `{"success": false, "error": …}`.
 * - `POST /framedb/objects` reads the key from `_id`; a client that sends only `object_id` gets an id that the database
 *   made up. It keeps the fields that it knows and drops `object_id`.
 * - A duplicate is 400 with `E11000 duplicate key …`.
 * - `update` sets fields one by one and creates what is missing; 400 "No document found to update" both when it created and
 *   when nothing changed. Fields of any name are kept, which is how `object_id` gets into a document.
 * - A listing takes its filter as a JSON body of a GET, answers without `_id`, and 400 to a filter that it can't use.
 * - `add-copy` is 400 both when the copy exists and when the object does not; `remove-copy` is 404 without the object and
 *   400 without the copy; `copy-exists` has its text in `message` on 404 as well.
 * - `POST /framedb/streams` and `GET /framedb/streams/{queue}` answer 500; update, delete and listing work.
 * - Paths are decoded before they are routed, so that an id with a slash is an unknown path.
 * - An unknown path is 404 and a wrong method 405, both as HTML; malformed JSON is 500 as HTML.
 * - Every answer has `Connection: close`; there is no authentication, and no header of ours.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Documents } from "./collection.ts"
import { type Document, type PublishedAnswer, page } from "./Exchange.ts"
import { instanceAnswer } from "./instanceAnswers.ts"
import { objectAnswer } from "./objectAnswers.ts"
import { streamAnswer } from "./streamAnswers.ts"

/** What the registry knows. */
export interface PublishedServicesOptions {
  /** Redis instances, as they are on the wire. Default: none. */
  readonly instances?: ReadonlyArray<Document>
  /** SQL instances, as they are on the wire. Default: none. */
  readonly persistentInstances?: ReadonlyArray<Document>
}

/** One request that was answered. */
export interface PublishedExchange {
  readonly method: string
  /** As it was sent, still encoded. */
  readonly path: string
  readonly body: unknown
  readonly status: number
}

/** The services while they run. */
export interface PublishedServices extends AsyncDisposable {
  /** The base URL of both services. */
  readonly url: string
  /** Every request so far, oldest first. */
  readonly requests: ReadonlyArray<PublishedExchange>
  /** Gives the requests so far and forgets them. */
  readonly takeRequests: () => ReadonlyArray<PublishedExchange>
  /** The documents, for tests that set up or look at what other clients left. */
  readonly documents: { readonly objects: Documents; readonly streams: Documents }
  readonly stop: () => Promise<void>
}

const malformed = Symbol("malformed")

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const text = Buffer.concat(chunks).toString()
  if (text === "") return undefined
  try {
    return JSON.parse(text)
  } catch {
    return malformed
  }
}

const segmentsOf = (path: string): ReadonlyArray<string> => {
  try {
    return decodeURIComponent(path).split("/").slice(1)
  } catch {
    return []
  }
}

const send = (response: ServerResponse, answer: PublishedAnswer): void => {
  const isJson = "json" in answer
  const body = isJson ? JSON.stringify(answer.json) : answer.html
  response.writeHead(answer.status, {
    "content-type": isJson ? "application/json" : "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  })
  response.end(body)
}

const makeAnswer = (options: PublishedServicesOptions, objects: Documents, streams: Documents) => {
  const collections = new Map([
    ["framedb/objects", (request: Parameters<typeof objectAnswer>[1]) => objectAnswer(objects, request)],
    ["framedb/streams", (request: Parameters<typeof objectAnswer>[1]) => streamAnswer(streams, request)],
    [
      "global/framedb/instances",
      (request: Parameters<typeof objectAnswer>[1]) => instanceAnswer(options.instances ?? [], request),
    ],
    [
      "global/framedb/persistent-instances",
      (request: Parameters<typeof objectAnswer>[1]) => instanceAnswer(options.persistentInstances ?? [], request),
    ],
  ])
  return (method: string, path: string, body: unknown): PublishedAnswer => {
    const segments = segmentsOf(path)
    for (const length of [2, 3]) {
      const answer = collections.get(segments.slice(0, length).join("/"))
      if (answer === undefined) continue
      return body === malformed ? page(500) : answer({ method, segments: segments.slice(length), body })
    }
    return page(404)
  }
}

const listen = (server: Server): Promise<string> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      // A server that listens on a TCP port has an address of this shape.
      const { port } = server.address() as AddressInfo
      resolve(`http://127.0.0.1:${port}`)
    })
  })

/** Starts the services on a free port of this machine. */
export const startPublishedServices = async (options: PublishedServicesOptions = {}): Promise<PublishedServices> => {
  const documents = { objects: new Map<string, Document>(), streams: new Map<string, Document>() }
  const answerTo = makeAnswer(options, documents.objects, documents.streams)
  const requests: Array<PublishedExchange> = []
  const server = createServer(async (request, response) => {
    const body = await readBody(request).catch(() => malformed)
    const method = request.method ?? "GET"
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/"
    const answer = answerTo(method, path, body)
    requests.push({ method, path, body: body === malformed ? undefined : body, status: answer.status })
    send(response, answer)
  })
  const url = await listen(server)
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    url,
    requests,
    takeRequests: () => requests.splice(0),
    documents,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

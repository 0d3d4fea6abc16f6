/** The imitation of the published services answers as its head says, line by line. */
import { request } from "node:http"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type PublishedServices, startPublishedServices } from "../src/published/index.ts"

let services: PublishedServices
beforeAll(async () => {
  services = await startPublishedServices({
    instances: [{ framedb_id: "r", cluster_id: "c", public_url: "redis://x" }],
  })
})
afterAll(() => services.stop())

const send = (method: string, path: string, body?: string) =>
  new Promise<{ status: number | undefined; type: string | undefined; connection: string | undefined; text: string }>(
    (resolve, reject) => {
      const headers =
        body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }
      const sent = request(services.url + path, { method, headers }, async (answer) => {
        let text = ""
        for await (const chunk of answer) text += String(chunk)
        const { "content-type": type, connection } = answer.headers
        resolve({ status: answer.statusCode, type, connection, text })
      })
      sent.on("error", reject)
      sent.end(body)
    },
  )

const call = async (method: string, path: string, body?: unknown) => {
  const { status, text } = await send(method, path, body === undefined ? undefined : JSON.stringify(body))
  return { status, ...JSON.parse(text) }
}

const entry = { framedb_id: "r", framedb_type: "in-memory", copies: [], size: 1, metadata: { a: { b: 1 } } }

describe("the published services", () => {
  it("read the key of a new object from _id, and make one up for clients that send object_id", async () => {
    expect(await call("POST", "/framedb/objects", { _id: "a", object_id: "a", ...entry })).toMatchObject({
      status: 201,
      id: "a",
    })
    const made = await call("POST", "/framedb/objects", { object_id: "b", ...entry })
    expect(made).toMatchObject({ status: 201, id: expect.stringMatching(/^[0-9a-f]{24}$/) })
    expect(await call("GET", "/framedb/objects/b")).toMatchObject({ status: 404, success: false })
    expect(await call("GET", "/framedb/objects/a")).toEqual({
      status: 200,
      success: true,
      data: { _id: "a", ...entry },
    })
  })

  it("answer a duplicate with 400 and E11000", async () => {
    const again = await call("POST", "/framedb/objects", { _id: "a", ...entry })
    expect(again).toMatchObject({ status: 400, error: expect.stringContaining("E11000 duplicate key") })
  })

  it("update with 400 both when they created and when nothing changed", async () => {
    const ambiguous = { status: 400, error: "No document found to update" }
    expect(await call("POST", "/framedb/objects/u/update", entry)).toMatchObject(ambiguous)
    expect(await call("POST", "/framedb/objects/u/update", entry)).toMatchObject(ambiguous)
    expect(await call("POST", "/framedb/objects/u/update", { size: 2, object_id: "u" })).toMatchObject({ status: 200 })
    expect(await call("GET", "/framedb/objects/u")).toMatchObject({ data: { size: 2, object_id: "u" } })
  })

  it("list by a filter in the body of a GET, without ids", async () => {
    const listed = await call("GET", "/framedb/objects", { "metadata.a.b": 1, size: 2 })
    expect(listed).toEqual({ status: 200, success: true, data: [{ ...entry, size: 2, object_id: "u" }] })
    expect(await call("GET", "/framedb/objects", { $where: "1" })).toMatchObject({ status: 400 })
    expect(await call("GET", "/framedb/objects", { _id: "a" })).toEqual({ status: 200, success: true, data: [entry] })
  })

  it("answer 400 to a copy that exists and to one of no object", async () => {
    const copy = { framedb_id: "s", framedb_type: "storage" }
    expect(await call("GET", "/framedb/objects/a/copy-exists/s")).toMatchObject({
      status: 404,
      message: expect.any(String),
    })
    expect((await call("POST", "/framedb/objects/a/add-copy", copy)).status).toBe(200)
    expect((await call("POST", "/framedb/objects/a/add-copy", copy)).status).toBe(400)
    expect((await call("POST", "/framedb/objects/none/add-copy", copy)).status).toBe(400)
    expect((await call("GET", "/framedb/objects/a/copy-exists/s")).status).toBe(200)
    expect((await call("POST", "/framedb/objects/a/remove-copy", copy)).status).toBe(200)
    expect((await call("POST", "/framedb/objects/a/remove-copy", copy)).status).toBe(400)
    expect((await call("POST", "/framedb/objects/none/remove-copy", copy)).status).toBe(404)
  })

  it("break the registration and the look-up of a stream, and nothing else of it", async () => {
    expect((await call("POST", "/framedb/streams", { _id: "q", framedb_id: "r" })).status).toBe(500)
    expect((await call("GET", "/framedb/streams/q")).status).toBe(500)
    expect((await call("POST", "/framedb/streams/q/update", { framedb_id: "r" })).status).toBe(400)
    expect(await call("GET", "/framedb/streams", { _id: "q" })).toMatchObject({ data: [{ framedb_id: "r" }] })
    expect((await call("DELETE", "/framedb/streams/q")).status).toBe(200)
  })

  it("answer pages to unknown paths, wrong methods and malformed JSON, and close every connection", async () => {
    for (const [method, path, body, status] of [
      ["GET", "/nowhere", undefined, 404],
      ["GET", "/framedb/objects/a%2Fb", undefined, 404],
      ["PUT", "/framedb/objects/a", undefined, 405],
      ["POST", "/framedb/objects", "{bad", 500],
    ] as const) {
      const answer = await send(method, path, body)
      expect(answer).toMatchObject({ status, connection: "close", type: expect.stringContaining("text/html") })
    }
  })

  it("know instances", async () => {
    expect(await call("GET", "/global/framedb/instances/r")).toMatchObject({ status: 200, data: { framedb_id: "r" } })
    expect(await call("GET", "/global/framedb/instances/none")).toMatchObject({ status: 404, success: false })
    expect(await call("GET", "/global/framedb/instances/cluster/c")).toMatchObject({ data: [{ framedb_id: "r" }] })
    expect(await call("POST", "/global/framedb/instances/query", { cluster_id: "c" })).toMatchObject({ data: [{}] })
    expect(await call("GET", "/global/framedb/persistent-instances/r")).toMatchObject({ status: 404 })
  })
})

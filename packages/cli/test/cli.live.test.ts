import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { assert, describe, it } from "@effect/vitest"
import { LocalCluster, open } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"

const main = createRequire(import.meta.url).resolve("../src/main.ts")
const { redisUrl, sqlUrl } = provided()

interface Ran {
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Runs the command as a shell would, with the cluster in its environment. */
const framedb = (url: string, args: ReadonlyArray<string>, input = ""): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { ...process.env, FRAMEDB_CLUSTER_URL: url, FRAMEDB_ROUTING_URL: url }
    const child = execFile(process.execPath, [main, ...args], { env }, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, errors }),
    )
    child.stdin?.end(input)
  })

describe("the framedb command", () => {
  it("stores, finds, reads and removes an object, and publishes and takes a message", async () => {
    await using cluster = await open(LocalCluster.make({ redisUrl, sqlUrl }))
    const { clusterUrl, instances } = cluster.value
    const run = (args: ReadonlyArray<string>, input?: string) => framedb(clusterUrl, args, input)
    const key = `cli-${crypto.randomUUID()}`
    const place = ["--instance", instances.storage, "--type", "storage"]
    assert.include((await run(["set", key, ...place, "--metadata", '{"a":1}'], "hello")).out, "5 bytes")
    assert.strictEqual((await run(["get", key])).out, "hello")
    assert.deepInclude(JSON.parse((await run(["stat", key, "--json"])).out), { sizeBytes: 5, type: "storage" })
    assert.include((await run(["list", "--prefix", key])).out, key)
    assert.include((await run(["delete", key])).out, "is deleted")
    assert.strictEqual((await run(["exists", key])).out.trim(), "false")
    await run(["publish", key, "--instance", instances.queue], "job")
    assert.include((await run(["pull", key, "--instance", instances.queue])).out, "job")
  }, 60_000)

  it("says in one line what went wrong, and fails", async () => {
    const absent = await framedb("http://127.0.0.1:1", ["get", "key"])
    assert.strictEqual(absent.code, 1)
    assert.match(absent.errors, /^framedb: BackendError: /)
    const none = await framedb("http://user:sesame@127.0.0.1:1", [
      "set",
      "k",
      "-i",
      "x",
      "-t",
      "storage",
      "--metadata",
      "[]",
    ])
    assert.strictEqual(none.code, 1)
    assert.include(none.errors, "InvalidArgument")
    assert.notInclude(none.errors, "sesame")
  }, 60_000)
})

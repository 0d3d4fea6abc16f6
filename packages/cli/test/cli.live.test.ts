import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { createReadStream } from "node:fs"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { LocalCluster, open } from "@framedb/testing"
import { provided } from "@framedb/testing/provided"
import { FrameDBClient } from "framedb"
import { framedb, startFramedb } from "./framedb.ts"

const { redisUrl, sqlUrl } = provided()

/** The documents of `--json`. */
const documents = (out: string): ReadonlyArray<Record<string, unknown>> =>
  out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

const lastOf = (out: string) => documents(out).at(-1) ?? {}

const nobody = "http://127.0.0.1:1"

describe("the framedb command on servers", () => {
  const openCluster = () => open(LocalCluster.make({ redisUrl, sqlUrl }))
  let cluster: Awaited<ReturnType<typeof openCluster>>
  let db: FrameDBClient
  let folder: string
  const run = (args: ReadonlyArray<string>, input?: string | Buffer) => framedb(cluster.value.clusterUrl, args, input)

  beforeAll(async () => {
    cluster = await openCluster()
    db = new FrameDBClient({ ...cluster.value, cacheSizeBytes: 0 })
    folder = await mkdtemp(join(tmpdir(), "framedb-cli-"))
  }, 120_000)
  afterAll(async () => {
    await db.close()
    await cluster.close()
    await rm(folder, { recursive: true })
  })

  it("stores, finds, reads and removes an object", async () => {
    const key = `cli-${crypto.randomUUID()}`
    const place = ["--instance", cluster.value.instances.storage, "--type", "storage"]
    assert.include((await run(["set", key, ...place, "--metadata", '{"a":1}'], "hello")).out, "5 bytes")
    assert.strictEqual((await run(["get", key, "--offset", "1", "--length", "3"])).out, "ell")
    assert.deepInclude(lastOf((await run(["stat", key, "--json"])).out), { sizeBytes: 5, type: "storage" })
    assert.include((await run(["list", "--prefix", key, "--metadata", '{"a":1}'])).out, key)
    assert.include((await run(["delete", key])).out, "is deleted")
    assert.strictEqual((await run(["exists", key])).out.trim(), "false")
  }, 120_000)

  it("streams a large object from a file, and to one that is whole or not there", async () => {
    const key = `cli-${crypto.randomUUID()}`
    const [source, copy] = [join(folder, "large"), join(folder, "copy")]
    const bytes = Buffer.alloc(20 * 1024 * 1024, "framedb ")
    await writeFile(source, bytes)
    const put = ["put", key, "-i", cluster.value.instances.memory, "-t", "in-memory", "-f", source]
    assert.include((await run(put)).out, "20.0 MiB")
    assert.strictEqual((await run(["get", key, "--file", copy])).code, 0)
    assert.isTrue(bytes.equals(await readFile(copy)))
    await db.deleteObject(key)
    const absent = await run(["get", key, "--file", join(folder, "absent")])
    assert.strictEqual(absent.code, 1)
    assert.match(absent.errors, /^framedb: ObjectNotFound: /)
    assert.deepEqual((await readdir(folder)).toSorted(), ["copy", "large"])
  }, 120_000)

  it("ends at once and says so when it is interrupted, and what it was writing is not there", async () => {
    const [key, large] = [`cli-${crypto.randomUUID()}`, `cli-${crypto.randomUUID()}`]
    const place = { framedbId: cluster.value.instances.memory, type: "in-memory" } as const
    await db.setObject({ key: large, data: Buffer.alloc(4 * 1024 * 1024), ...place })
    const pipe = join(folder, "pipe")
    execFileSync("mkfifo", [pipe])
    // Each stands still in the middle: one waits for the rest of its input, the other for whoever reads its output.
    const putting = startFramedb(cluster.value.clusterUrl, ["put", key, "-i", place.framedbId, "-t", place.type])
    await new Promise((resolve) => putting.child.stdin.write(Buffer.alloc(3 * 1024 * 1024), resolve))
    const getting = startFramedb(cluster.value.clusterUrl, ["get", large, "-f", pipe])
    const reader = createReadStream(pipe)
    await once(reader, "readable")
    for (const { child, ended } of [putting, getting]) {
      child.kill("SIGINT")
      assert.deepEqual(await ended, { code: 130, out: "", errors: "framedb: interrupted\n" })
    }
    reader.destroy()
    await rm(pipe)
    assert.isFalse(await db.objectExists(key))
  }, 120_000)

  /** Two objects under a prefix of their own. */
  const twoObjects = async () => {
    const prefix = `cli-${crypto.randomUUID()}/`
    const place = { framedbId: cluster.value.instances.memory, type: "in-memory" } as const
    for (const name of ["1", "2"]) await db.setObject({ key: prefix + name, data: Buffer.from("object"), ...place })
    return prefix
  }

  it("makes and removes copies, and says before what it would do", async () => {
    const prefix = await twoObjects()
    const to = cluster.value.instances.storage
    const rehearsed = await run(["copies", "create", "--prefix", prefix, "--to", to, "--dry-run", "--json"])
    assert.deepInclude(lastOf(rehearsed.out), { objects: 2, bytes: 12, dryRun: true })
    assert.lengthOf((await db.statObject(`${prefix}1`)).copies, 0)
    const partly = await run(["copies", "create", `${prefix}1`, `${prefix}none`, "--to", to, "--dry-run", "--json"])
    assert.strictEqual(partly.code, 1)
    assert.deepInclude(lastOf(partly.out), { objects: 1, failed: 1 })
    const copied = await run(["copies", "create", "--prefix", prefix, "--to", to, "--json"])
    assert.deepInclude(lastOf(copied.out), { succeeded: 2, failed: 0 })
    assert.include((await run(["copies", "remove", `${prefix}1`, "--from", to])).out, "is removed")
    assert.lengthOf((await db.statObject(`${prefix}1`)).copies, 0)
    assert.lengthOf((await db.statObject(`${prefix}2`)).copies, 1)
  }, 120_000)

  it("backs up, verifies, prunes and restores", async () => {
    const prefix = await twoObjects()
    const where = ["--folder", join(folder, "backups")]
    const created = await run(["backups", "create", "--keys-from", "-", "--set", "one", ...where], `${prefix}1\n`)
    assert.match(created.out, /^1 backed up, 6 bytes in /)
    const both = await run(["backups", "create", "--prefix", prefix, "--set", "two", "--base", "one", ...where])
    assert.match(both.out, /^1 backed up, 1 unchanged/)
    assert.match((await run(["backups", "list", ...where])).out, /^set one {2}1 objects.*\nset two {2}2 objects/)
    assert.match((await run(["backups", "verify", "--set", "two", ...where])).out, /^2 intact/)
    assert.match((await run(["backups", "prune", "--keep", "two", "--dry-run", ...where])).out, /would be removed\n$/)

    await db.deleteObject(`${prefix}1`)
    const dry = await run(["backups", "restore", "--set", "two", "--dry-run", ...where])
    assert.match(dry.out, /can be restored/)
    assert.isFalse(await db.objectExists(`${prefix}1`))
    const restored = await run(["backups", "restore", "--set", "two", `${prefix}1`, "--json", ...where])
    assert.deepInclude(lastOf(restored.out), { succeeded: 1, failed: 0 })
    assert.strictEqual(Buffer.from((await db.getObject(`${prefix}1`)).data).toString(), "object")
  }, 120_000)

  it("refuses to check or restore from a folder that is not there, and makes none", async () => {
    const missing = join(folder, "misspelt")
    for (const command of ["list", "verify --set one", "restore --set one", "prune --keep one"]) {
      const { code, errors, out } = await run(["backups", ...command.split(" "), "--folder", missing])
      assert.deepEqual([code, out], [2, ""])
      assert.match(errors, /^framedb: InvalidArgument: .*misspelt\n$/)
    }
    assert.notInclude(await readdir(folder), "misspelt")
  }, 120_000)

  it("says nothing of what was done where that was nothing", async () => {
    const { code, errors } = await run(["backups", "restore", "--set", "none", "--folder", folder])
    assert.strictEqual(code, 2)
    assert.match(errors, /^framedb: InvalidArgument: .*\n$/)
  }, 120_000)

  it("tells of each key that failed, does the others, and ends with 1", async () => {
    const prefix = await twoObjects()
    const keys = [`${prefix}none`, `${prefix}2`]
    const { code, out } = await run(["backups", "create", ...keys, "--json", "--folder", join(folder, "single")])
    assert.strictEqual(code, 1)
    assert.deepInclude(lastOf(out), { succeeded: 1, failed: 1 })
    const failed = documents(out).find(({ status }) => status === "failed")
    assert.nestedPropertyVal(failed, "error._tag", "ObjectNotFound")
  }, 120_000)

  it("publishes, looks at and takes messages", async () => {
    const queue = `cli-${crypto.randomUUID()}`
    const place = ["--instance", cluster.value.instances.queue]
    await run(["publish", queue, ...place, "--header", "from=gate"], "job")
    await db.publish(queue, new Uint8Array([255, 254]), { framedbId: cluster.value.instances.queue })
    assert.include((await run(["queue-info", queue, ...place])).out, "length: 2")
    const [text, binary] = documents((await run(["pull", queue, ...place, "--json"])).out)
    assert.deepInclude(text, { text: "job", headers: { from: "gate" }, attempts: 1 })
    assert.deepInclude(binary, { base64: "//4=" })
    assert.strictEqual((await run(["redrive", queue, ...place])).out, "0 put back\n")
  }, 120_000)

  it("keeps a message in its queue that nobody could be given", async () => {
    const queue = `cli-${crypto.randomUUID()}`
    const place = ["--instance", cluster.value.instances.queue]
    await run(["publish", queue, ...place], "job")
    const { child, ended } = startFramedb(cluster.value.clusterUrl, ["pull", queue, ...place])
    child.stdout.destroy()
    assert.strictEqual((await ended).code, 0)
    assert.include((await run(["queue-info", queue, ...place])).out, "length: 1")
  }, 120_000)

  it("finishes what it was asked to do though nobody reads what it says, and says nothing to nobody", async () => {
    const prefix = `cli-${crypto.randomUUID()}/`
    const keys = Array.from({ length: 60 }, (_, index) => `${prefix}${index}`)
    const place = { framedbId: cluster.value.instances.memory, type: "in-memory" } as const
    await Promise.all(keys.map((key) => db.setObject({ key, data: Buffer.from("object"), ...place })))
    const where = ["--folder", join(folder, "unread")]
    const unread = (args: ReadonlyArray<string>) => {
      const { child, ended } = startFramedb(cluster.value.clusterUrl, args)
      child.stdout.destroy()
      return ended
    }
    const created = await unread(["backups", "create", "--prefix", prefix, "--json", ...where])
    assert.deepEqual(created, { code: 0, out: "", errors: "" })
    assert.match((await run(["backups", "verify", "--prefix", prefix, ...where])).out, /^60 intact/)
    assert.strictEqual((await unread(["backups", "verify", `${prefix}none`, ...where])).code, 1)
    assert.deepEqual(await unread(["list", "--prefix", prefix]), { code: 0, out: "", errors: "" })
  }, 120_000)

  it("lists, registers and removes instances, and shows no credentials", async () => {
    const id = `cli-${crypto.randomUUID()}`
    const url = "redis://user:ses/ame@cache.example.com:6380/2"
    await run(["instances", "register", id, "--kind", "redis", "--url", url])
    const { out } = await run(["instances", "list"])
    assert.include(out, `${id}  redis  cache.example.com:6380\n`)
    assert.include(out, cluster.value.instances.storage)
    assert.notInclude(out, "ses/")
    assert.include((await run(["instances", "remove", id, "--kind", "redis"])).out, "is removed")
  }, 120_000)
})

describe("the framedb command", () => {
  it("says in one line what went wrong, and fails", async () => {
    const absent = await framedb(nobody, ["get", "key"])
    assert.strictEqual(absent.code, 1)
    assert.match(absent.errors, /^framedb: BackendError: .*\n$/)
  }, 120_000)

  it("ends with 2 for what can't be asked so, and shows no secret", async () => {
    const place = ["-i", "x", "-t", "storage"]
    const none = await framedb("http://user:sesame@127.0.0.1:1", ["set", "k", ...place, "--metadata", "[]"])
    assert.strictEqual(none.code, 2)
    assert.match(none.errors, /^framedb: InvalidArgument: .*\n$/)
    assert.notInclude(none.errors, "sesame")
    const incomplete = await framedb(nobody, ["set", "k"])
    assert.strictEqual(incomplete.code, 2)
    assert.strictEqual(incomplete.out, "")
    assert.match(incomplete.errors, /^framedb: .*--instance.*\n$/)
    assert.strictEqual((await framedb(nobody, ["copies", "create", "--to", "x"])).code, 2)
    assert.match((await framedb("", ["get", "k"])).errors, /FRAMEDB_CLUSTER_URL|clusterUrl/)
  }, 120_000)
})

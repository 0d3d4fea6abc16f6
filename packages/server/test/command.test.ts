import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as Redacted from "effect/Redacted"
import { describe, expect, it } from "vitest"
import { parseCommandLine, usage } from "../src/commandLine.ts"
import { ask } from "./ask.ts"

describe("parseCommandLine", () => {
  it("reads the options, and keeps the store redacted", () => {
    expect(parseCommandLine([])).toEqual({})
    const args = ["--port", "0", "--host", "::", "--allow-host", "a", "--allow-host=b", "--store=mysql://u:hunter2@h/d"]
    const options = parseCommandLine(args)
    expect(options).toMatchObject({ port: 0, host: "::", allowedHosts: ["a", "b"] })
    expect(JSON.stringify(options)).not.toContain("hunter2")
    expect("store" in options && Redacted.isRedacted(options.store)).toBe(true)
  })

  it.each([["--port", "x"], ["--port", "70000"], ["--prt", "1"], ["extra"]])(
    "explains what it can't use: %s",
    (...args) => {
      expect(parseCommandLine(args)).toMatchObject({ print: expect.stringContaining(usage) })
    },
  )

  it("helps", () => expect(parseCommandLine(["--help"])).toEqual({ print: usage }))
})

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

const start = (args: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...env } })
  let printed = ""
  let output = ""
  child.stdout.on("data", (data) => {
    printed += String(data)
    output += String(data)
  })
  // Node itself may warn here of what it calls experimental.
  child.stderr.on("data", (data) => {
    output += String(data)
  })
  return {
    child,
    printed: () => printed,
    output: () => output,
    ended: once(child, "exit").then(([code]) => Number(code)),
  }
}

describe("framedb-server", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("prints one line when it listens, and ends with 0 on %s", async (signal) => {
    const { child, printed, ended } = start(["--port", "0"], { FRAMEDB_SERVER_TOKEN: "secret" })
    while (!printed().includes("\n")) await once(child.stdout, "data")
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(printed())?.[0] ?? ""
    expect(printed()).toBe(`framedb-server listens on ${url}\n`)
    expect((await ask(url, "GET", "/health")).status).toBe(200)
    expect((await ask(url, "GET", "/framedb/objects")).status).toBe(401)
    child.kill(signal)
    expect(await ended).toBe(0)
    expect(printed().split("\n")).toHaveLength(2)
  })

  it("ends with 1 where its store can't be reached, and shows no password", async () => {
    const { output, ended } = start(["--port", "0"], { FRAMEDB_SERVER_STORE: "mysql://u:hunter2@127.0.0.1:1/d" })
    expect(await ended).toBe(1)
    expect(output()).toContain("ECONNREFUSED")
    expect(output()).not.toContain("hunter2")
  })

  it.each(["FRAMEDB_SERVER_STOP_MILLIS", "FRAMEDB_SERVER_PORT"])(
    "names in one line what it can't use: %s",
    async (name) => {
      const { output, ended } = start(["--host", "127.0.0.1"], { [name]: "-1" })
      expect(await ended).toBe(1)
      expect(output()).toMatch(new RegExp(`^framedb-server: .*${name}.*\n$`))
    },
  )

  it("ends with 2 where it can't use its arguments", async () => {
    expect(await start(["--prt"]).ended).toBe(2)
  })
})

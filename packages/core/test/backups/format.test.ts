/** FORMAT.md promises that a person with a shell can check and restore a backup: these tests are that person. */
import { execFileSync } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import { FolderObjectStorage } from "@framedb/core"
import * as Effect from "effect/Effect"
import { decodeDescription, encodeDescription } from "../../src/programs/backups/BackupDescription.ts"
import { backupToObjectStorage } from "../../src/programs/backups/backupToObjectStorage.ts"
import { backupToSet } from "../../src/programs/backups/sets/backupToSet.ts"
import { report } from "../../src/programs/bulk/Bulk.ts"
import { asKey, makeObjects, makeSource } from "./fakes.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "framedb-format-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

const shell = (cwd: string, command: string): string =>
  execFileSync("bash", ["-c", command], { cwd, encoding: "utf8" }).trim()

/** The command that FORMAT.md gives for checking a seal. */
const sealOf = (file: string): string =>
  `sed -E '1s/"seal":"[0-9a-f]{64}"/"seal":"'$(printf '0%.0s' $(seq 64))'"/' '${file}' | sha256sum | cut -d ' ' -f 1`

const writtenSeal = (file: string): string => `sed -nE '1s/^\\{"seal":"([0-9a-f]{64})".*/\\1/p' '${file}'`

it.live("a shell checks the seal and the digest of an object's description", () =>
  Effect.gen(function* () {
    const path = yield* folder
    const storage = yield* FolderObjectStorage.make({ path, durable: false })
    const held = makeObjects(1)
    yield* report(backupToObjectStorage({ source: makeSource(held), storage, keys: held.keys() }))
    const sidecar = "object+/0.framedb.json"
    expect(shell(path, sealOf(sidecar))).toBe(shell(path, writtenSeal(sidecar)))
    expect(shell(path, `cat '${sidecar}'`)).toContain(shell(path, "sha256sum object+/0 | cut -d ' ' -f 1"))
  }),
)

it.live("a shell checks the seals of a set and cuts an object out of its segment", () =>
  Effect.gen(function* () {
    const path = yield* folder
    const storage = yield* FolderObjectStorage.make({ path, durable: false })
    const held = makeObjects(10)
    yield* report(backupToSet({ source: makeSource(held), storage, keys: held.keys(), set: "daily" }))
    const set = shell(path, "find . -name manifest.json -printf %h")
    const index = shell(path, "find . -name '000000.jsonl'")
    for (const file of [`${set}/manifest.json`, index]) {
      expect(shell(path, sealOf(file))).toBe(shell(path, writtenSeal(file)))
    }
    expect(shell(path, `sha256sum '${index}' | cut -d ' ' -f 1 | grep -c -f - '${set}/manifest.json'`)).toBe("1")
    const entry: unknown = JSON.parse(shell(path, `grep '"key":"object/7"' '${index}'`))
    expect(entry).toMatchObject({ key: "object/7", sizeBytes: 100 })
    const { offset, sha256 } = entry as { offset: number; sha256: string } // As FORMAT.md says; compared below.
    const segment = shell(path, "find . -path '*segments*' -name '000000-*'")
    expect(shell(path, `tail -c +${offset + 1} '${segment}' | head -c 100 | sha256sum | cut -d ' ' -f 1`)).toBe(sha256)
  }),
)

it("a description is one line of printable ASCII, whatever is in it, and comes back as it was", () => {
  const description = {
    key: asKey("Schlüssel/😀\n%"),
    framedbId: "instanz-ü",
    type: "storage" as const,
    metadata: { "ключ%": ["\u007f", "\u2028", "%41", { deep: null }], negative: -0.5 },
    content: { serializer: "messagePack" },
    sizeBytes: 3,
    sha256: "a".repeat(64),
  }
  const text = encodeDescription(description)
  expect(text).toMatch(/^[\x20-\x24\x26-\x7e]+$/)
  expect(decodeDescription(text)).toMatchObject({ value: description })
  for (let at = 0; at < text.length; at++) {
    const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)
    expect(decodeDescription(changed)._tag).toBe("None")
  }
})

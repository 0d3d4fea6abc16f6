import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { CustomObjectStorage, FolderObjectStorage, MemoryObjectStorage } from "@framedb/core"
import { objectStorageSuite } from "@framedb/testing/conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const all = { attributes: true, createOnly: true, stat: true, list: true, delete: true }

objectStorageSuite("MemoryObjectStorage", { layer: MemoryObjectStorage.layer(), capability: all })

const temporaryFolder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "framedb-storage-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
)

objectStorageSuite("FolderObjectStorage", {
  layer: Layer.unwrap(Effect.map(temporaryFolder, (path) => FolderObjectStorage.layer({ path, durable: false }))),
  capability: { ...all, attributes: false },
})

objectStorageSuite("CustomObjectStorage, two synchronous methods", {
  layer: Layer.unwrap(
    Effect.sync(() => {
      const held = new Map<string, Uint8Array>()
      return CustomObjectStorage.layer({
        backend: {
          upload: (name, bytes) => held.set(name, bytes),
          download: (name) => held.get(name),
        },
      })
    }),
  ),
  capability: { attributes: false, createOnly: false, stat: false, list: false, delete: false },
})

class Absent extends Error {
  readonly code = "NoSuchKey"
}

/** A backend whose methods are asynchronous, use `this`, and throw where there is nothing. */
class AsyncBackend {
  readonly held = new Map<string, Uint8Array>()
  async upload(name: string, bytes: Uint8Array) {
    this.held.set(name, bytes.slice())
  }
  async download(name: string) {
    const bytes = this.held.get(name)
    if (bytes === undefined) throw new Absent()
    return bytes
  }
  async stat(name: string) {
    const bytes = this.held.get(name)
    return bytes === undefined ? undefined : { sizeBytes: bytes.byteLength }
  }
  async delete(name: string) {
    this.held.delete(name)
  }
  async *list(prefix: string) {
    for (const name of this.held.keys()) if (name.startsWith(prefix)) yield name
  }
}

objectStorageSuite("CustomObjectStorage, every method as a Promise", {
  layer: Layer.unwrap(Effect.sync(() => CustomObjectStorage.layer({ backend: new AsyncBackend() }))),
  capability: { ...all, attributes: false, createOnly: false },
})

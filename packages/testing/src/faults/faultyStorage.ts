import type { ObjectStorageService } from "@framedb/core"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Decide, type PortCall, through } from "./Fault.ts"

/** An object storage whose calls go through faults; what a body gives once it is open is left alone. */
export const faultyStorage = (storage: ObjectStorageService, decide: Decide): ObjectStorageService => {
  const call = (method: string, keys: ReadonlyArray<string>): PortCall => ({ backend: "objectStorage", method, keys })
  return {
    capabilities: storage.capabilities,
    put: (name, body, options) => through(decide, call("put", [name]), storage.put(name, body, options)),
    get: (name, range) => through(decide, call("get", [name]), storage.get(name, range)),
    stat: (name) => through(decide, call("stat", [name]), storage.stat(name)),
    delete: (name) => through(decide, call("delete", [name]), storage.delete(name)),
    list: (prefix) =>
      Stream.unwrap(
        through(
          decide,
          call("list", []),
          Effect.sync(() => storage.list(prefix)),
        ),
      ),
  }
}

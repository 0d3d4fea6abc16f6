/**
 * A storage of the user's own: two methods are enough, `upload` and `download`, each returning a value or a Promise.
 *
 * What else the backend offers (`list`, `stat`, `delete`) is used where it is there. Bodies are held in memory whole, and
 * what "written at once" means is the backend's own promise.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { maxKeyBytes } from "../domain/ObjectKey.ts"
import { BackendError } from "../errors/BackendError.ts"
import type { InvalidArgument } from "../errors/InvalidArgument.ts"
import * as OptionRules from "../errors/OptionRules.ts"
import { ObjectStorage, type ObjectStorageService, type StorageCapabilities } from "../ports/ObjectStorage.ts"
import { collectBytes } from "./collectBytes.ts"
import { notCapable, storageError, wrongLength } from "./storageError.ts"
import { checkPut, spanOf } from "./storageName.ts"

type MaybePromise<A> = A | PromiseLike<A>

/** What a user implements. Methods may throw or reject; `this` is the backend. */
export interface StorageBackend {
  /** Stores bytes under a name, replacing what is there. */
  upload(name: string, bytes: Uint8Array, options: { readonly signal: AbortSignal }): MaybePromise<unknown>
  /**
   * Gives the bytes under a name. Where there is none: `undefined` or `null`, or an error whose `code` or `name` says so
   * (`ENOENT`, `NoSuchKey`, `NotFound`).
   */
  download(
    name: string,
    options: { readonly signal: AbortSignal },
  ): MaybePromise<Uint8Array | ArrayBuffer | null | undefined>
  /** The size in bytes; `undefined` or `null` where there is no such object. */
  stat?(
    name: string,
    options: { readonly signal: AbortSignal },
  ): MaybePromise<{ readonly sizeBytes: number } | null | undefined>
  /** Removes an object; one that is not there is no error. */
  delete?(name: string, options: { readonly signal: AbortSignal }): MaybePromise<unknown>
  /** The names that begin with a prefix. */
  list?(prefix: string): Iterable<string> | AsyncIterable<string> | PromiseLike<Iterable<string>>
}

/** How a user's backend is called. */
export interface CustomObjectStorageOptions {
  readonly backend: StorageBackend
  /** The longest that one call may take, in milliseconds; 60,000 by default. */
  readonly timeoutMillis?: number
}

const hasTwoMethods = (value: unknown): boolean =>
  Predicate.hasProperty(value, "upload") &&
  Predicate.hasProperty(value, "download") &&
  typeof value.upload === "function" &&
  typeof value.download === "function"

const rules: OptionRules.Rules<CustomObjectStorageOptions> = {
  backend: OptionRules.required({ accepts: hasTwoMethods, words: "an object with the methods upload and download" }),
  timeoutMillis: OptionRules.waitMillis,
}

const absentNames = new Set(["ENOENT", "NoSuchKey", "NotFound", "NotFoundError"])

const saysAbsent = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  (absentNames.has(thrown.name) || ("code" in thrown && absentNames.has(String(thrown.code))))

/** A user's error is not in any table; one of our own passes through. */
const failed =
  (operation: string) =>
  (thrown: unknown): BackendError =>
    thrown instanceof BackendError ? thrown : storageError(operation, "Unexpected", thrown, operation === "put")

const toBytes = (data: unknown): Effect.Effect<Uint8Array<ArrayBuffer>, BackendError> => {
  if (data instanceof Uint8Array) return Effect.succeed(new Uint8Array(data))
  if (data instanceof ArrayBuffer) return Effect.succeed(new Uint8Array(data.slice(0)))
  return Effect.fail(storageError("get", "Protocol", `download gave a ${typeof data}, not a Uint8Array`))
}

async function* namesOf(backend: StorageBackend, prefix: string): AsyncGenerator<string> {
  for await (const name of (await backend.list?.(prefix)) ?? []) {
    if (typeof name === "string" && name.startsWith(prefix)) yield name
  }
}

/** Wraps a user's backend. Throws an `InvalidArgument` for options that can't be used. */
export const make = (options: CustomObjectStorageOptions): ObjectStorageService => {
  const problem = OptionRules.problemOf(options, rules)
  if (problem !== undefined) throw problem
  const { backend } = options
  const timeoutMillis = options.timeoutMillis ?? 60_000
  const capabilities: StorageCapabilities = {
    nameBytes: maxKeyBytes,
    attributeBytes: 0,
    createOnly: false,
    stat: backend.stat !== undefined,
    list: backend.list !== undefined,
    delete: backend.delete !== undefined,
    ranges: false,
    streams: false,
  }
  const call = <A>(operation: string, run: (signal: AbortSignal) => MaybePromise<A>): Effect.Effect<A, BackendError> =>
    Effect.timeoutOrElse(Effect.tryPromise({ try: async (signal) => run(signal), catch: failed(operation) }), {
      duration: timeoutMillis,
      orElse: () =>
        Effect.fail(storageError(operation, "Timeout", `no answer within ${timeoutMillis} ms`, operation === "put")),
    })
  const download = (name: string) =>
    call("get", async (signal) => {
      try {
        return (await backend.download(name, { signal })) ?? undefined
      } catch (thrown) {
        if (saysAbsent(thrown)) return undefined
        throw thrown
      }
    })
  const sizeOf = (name: string) => call("stat", async (signal) => (await backend.stat?.(name, { signal }))?.sizeBytes)
  return {
    capabilities,
    put: Effect.fnUntraced(function* (name, body, put) {
      yield* checkPut(name, put, capabilities)
      // The backend may keep what it is given; the caller may change what it gave.
      const bytes = body instanceof Uint8Array ? new Uint8Array(body) : yield* collectBytes(body)
      if (put?.sizeBytes !== undefined && put.sizeBytes !== bytes.byteLength) {
        return yield* wrongLength(put.sizeBytes, bytes.byteLength)
      }
      yield* call("put", (signal) => backend.upload(name, bytes, { signal }))
      return "written" as const
    }),
    get: Effect.fnUntraced(function* (name, range) {
      const data = yield* download(name)
      if (data === undefined) return Option.none()
      const bytes = yield* toBytes(data)
      const { end, start } = spanOf(range, bytes.byteLength)
      return Option.some({
        info: { name, sizeBytes: bytes.byteLength, attributes: {} },
        body: start === end ? Stream.empty : Stream.succeed(bytes.subarray(start, end)),
      })
    }),
    stat: Effect.fnUntraced(function* (name) {
      if (!capabilities.stat) return yield* notCapable("stat")
      const sizeBytes = yield* sizeOf(name)
      return sizeBytes === undefined ? Option.none() : Option.some({ name, sizeBytes, attributes: {} })
    }),
    delete: Effect.fnUntraced(function* (name) {
      if (!capabilities.delete) return yield* notCapable("delete")
      yield* call("delete", (signal) => backend.delete?.(name, { signal }))
    }),
    list: (prefix) => {
      if (!capabilities.list) return Stream.fail(notCapable("list"))
      return Stream.map(Stream.fromAsyncIterable(namesOf(backend, prefix), failed("list")), (name) => ({
        name,
        sizeBytes: undefined,
      }))
    },
  }
}

/** Provides a user's backend as the storage. */
export const layer = (options: CustomObjectStorageOptions): Layer.Layer<ObjectStorage, InvalidArgument> =>
  Layer.effect(
    ObjectStorage,
    Effect.suspend(() => {
      const problem = OptionRules.problemOf(options, rules)
      return problem === undefined ? Effect.succeed(make(options)) : Effect.fail(problem)
    }),
  )

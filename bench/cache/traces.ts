import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { gunzipSync } from "node:zlib"

/** A sequence of accesses. */
export interface Trace {
  readonly name: string
  /** Dense integers from 0. */
  readonly accesses: Int32Array
  /** The size of each key in bytes; undefined where every one counts as 1. */
  readonly sizes: Float64Array | undefined
  /** The number of different keys. */
  readonly keys: number
  /** The sum of the sizes of all keys: what a cache of 100 % would hold. */
  readonly footprintBytes: number
}

/** Reads every `*.txt.gz` of a folder; by default of the ones kept in `bench/traces`. */
export const readTraces = (folder = fileURLToPath(new URL("../traces/", import.meta.url))): ReadonlyArray<Trace> =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".txt.gz"))
    .sort()
    .map((file) => parse(basename(file, ".txt.gz"), gunzipSync(readFileSync(join(folder, file))).toString("latin1")))

const parse = (name: string, text: string): Trace => {
  const lines = text.trimEnd().split("\n")
  const sized = lines[0]?.includes(" ") ?? false
  const sizes = new Map<number, number>()
  const keys = lines.map((line) => {
    const space = line.indexOf(" ")
    const key = Number(space === -1 ? line : line.slice(0, space))
    if (sized) sizes.set(key, Number(line.slice(space + 1)))
    return key
  })
  return traceOf(name, keys, sized ? (key) => sizes.get(key) ?? 1 : undefined)
}

/** Makes a trace of any keys, which it renumbers densely in the order in which they come. */
export const traceOf = (name: string, keys: ArrayLike<number>, sizeOf?: (key: number) => number): Trace => {
  const numbers = new Map<number, number>()
  const accesses = Int32Array.from(keys, (key) => {
    const known = numbers.get(key)
    if (known !== undefined) return known
    numbers.set(key, numbers.size)
    return numbers.size - 1
  })
  const sizes = sizeOf === undefined ? undefined : Float64Array.from(numbers.keys(), sizeOf)
  const footprintBytes = sizes === undefined ? numbers.size : sizes.reduce((sum, size) => sum + size, 0)
  return { name, accesses, sizes, keys: numbers.size, footprintBytes }
}

const hashOf = (key: number): number => {
  let hash = Math.imul(key ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The same accesses with sizes of 100 to 4,000 bytes, drawn by a hash of the key. */
export const withSizes = (trace: Trace): Trace =>
  traceOf(`${trace.name}, sized`, trace.accesses, (key) => 100 + (hashOf(key) % 3901))

/** The same accesses where one key in fifty has 200,000 bytes and the others 200 to 1,000. */
export const withHugeSizes = (trace: Trace): Trace =>
  traceOf(`${trace.name}, some huge`, trace.accesses, (key) =>
    hashOf(key) % 50 === 0 ? 200_000 : 200 + (hashOf(key) % 801),
  )

/** The first accesses of a trace. */
export const firstOf = (trace: Trace, accesses: number): Trace => {
  const { name, sizes } = trace
  const sizeOf = sizes === undefined ? undefined : (key: number) => sizes[key] ?? 1
  return traceOf(name, trace.accesses.subarray(0, accesses), sizeOf)
}

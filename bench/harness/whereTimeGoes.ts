/** Where the processor time of a run goes, by who wrote the code: a sampled profile of this process, summed by self time. */
import { Session } from "node:inspector/promises"
import type { Run } from "./compare.ts"

/** A share of the profiled time. */
export interface TimeShare {
  readonly who: string
  /** In nanoseconds an operation. */
  readonly nanos: number
  /** The function that took most of it. */
  readonly most: string
}

/** What a profile says of a function; lines count from 0. */
interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

const sampleMicros = 200

/** What Node's bindings to the kernel are called, where they show up as functions without a file. */
const systemCalls = new Set(["writeUtf8String", "writeBuffer", "writev", "connect", "shutdown", "close", "readStart"])

const packageOf = (url: string): string => {
  const installed = url.split("/node_modules/").at(-1)
  if (installed !== undefined && installed !== url)
    return installed.split("/", installed.startsWith("@") ? 2 : 1).join("/")
  const own = /\/packages\/([^/]+)\//.exec(url)?.[1]
  if (own !== undefined) return own === "framedb" ? own : `@framedb/${own}`
  return url.includes("/bench/") ? "the benchmark" : "Node"
}

const whoOf = (name: string, url: string): string | undefined => {
  if (name === "(idle)" || name === "post") return undefined
  if (name === "(garbage collector)") return "garbage collector"
  if (name === "(program)") return "V8 and Node outside of functions"
  if (url === "" && systemCalls.has(name)) return "system calls"
  return packageOf(url)
}

/** A function's name, or where one without a name stands. */
const nameOf = ({ functionName, url, lineNumber }: Frame): string =>
  functionName === "" ? `${url.split("/").at(-1)}:${lineNumber + 1}` : functionName

/** Profiles so many operations; what is largest comes first. Waiting is left out. */
export const whereTimeGoes = async (run: Run, operations: number): Promise<ReadonlyArray<TimeShare>> => {
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: sampleMicros })
  await session.post("Profiler.start")
  await run(operations)
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const shares = new Map<string, Map<string, number>>()
  profile.samples?.forEach((id, index) => {
    const frame = nodes.get(id)
    const who = frame === undefined ? undefined : whoOf(frame.functionName, frame.url)
    if (frame === undefined || who === undefined) return
    const functions = shares.get(who) ?? new Map<string, number>()
    shares.set(who, functions)
    const name = nameOf(frame)
    functions.set(name, (functions.get(name) ?? 0) + 1000 * (profile.timeDeltas?.[index] ?? 0))
  })
  return [...shares]
    .map(([who, functions]) => {
      const most = [...functions].sort((left, right) => right[1] - left[1])[0]?.[0] ?? ""
      const nanos = [...functions.values()].reduce((sum, each) => sum + each, 0) / operations
      return { who, nanos, most }
    })
    .sort((left, right) => right.nanos - left.nanos)
}

/** The digests of what goes into one segment: made beside this thread's other work where there is a thread for them, else here. */
import * as Effect from "effect/Effect"
import { sha256 } from "../digest.ts"
import type { DigestedSegment } from "./DigestThread.ts"
import type { PackedPart } from "./packParts.ts"
import type { Packed, SetRun } from "./SetRun.ts"

/** Smaller segments are digested here, in bytes: there is nothing to do meanwhile that would take as long. */
const digestedAsideBytes = 1024 * 1024

/** A segment joined, with the digest of each object in it, and of the whole where that was made, too. */
export interface DigestedPart extends Omit<DigestedSegment, "whole"> {
  readonly whole: string | undefined
}

const endsOf = (items: ReadonlyArray<Packed>): Uint32Array => {
  const ends = new Uint32Array(items.length)
  let end = 0
  items.forEach(({ bytes }, index) => {
    end += bytes.byteLength
    ends[index] = end
  })
  return ends
}

/** Joins the bytes of a part and digests those whose digest is not known. */
export const digestPart = <E, A>(
  run: SetRun<E>,
  part: PackedPart<A>,
  items: ReadonlyArray<Packed>,
): Effect.Effect<DigestedPart> =>
  Effect.suspend(() => {
    const pieces = items.map(({ bytes }) => bytes)
    const join = () => run.buffers.join(pieces, part.segmentBytes)
    const here = (): DigestedPart => ({
      bytes: join(),
      digests: items.map((item) => item.sha256 ?? sha256(item.bytes)),
      whole: undefined,
    })
    const { thread } = run
    // One segment is no reason to start a thread, which takes longer than to digest it.
    if (part.index > 0 && part.segmentBytes >= digestedAsideBytes) thread?.start()
    if (thread?.isRunning !== true || part.segmentBytes < digestedAsideBytes) return Effect.succeed(here())
    return Effect.map(thread.digest(join(), endsOf(items)), (digested) => digested ?? here())
  })

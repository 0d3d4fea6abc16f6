/** What goes wrong has a type, a reason and a bounded time. "Not there" and "could not ask" are never confused. */
import { FrameDBClient } from "framedb"
import { collect } from "./collect.ts"
import type { Guide } from "./Guide.ts"
import { instances } from "./Stage.ts"

const place = { framedbId: instances.memory, type: "in-memory" } as const
const data = Uint8Array.of(1)

/** Nothing listens on port 1. */
const nowhere = "http://user:secret@127.0.0.1:1"

/** The lesson. */
export const failures = async (db: FrameDBClient, guide: Guide): Promise<void> => {
  guide.chapter("Failures", "Each is a class with a _tag and fields; `instanceof` and `switch (error._tag)` both work.")
  await guide.refusal('getObject("nobody set this")', () => db.getObject("nobody set this"), "ObjectNotFound")
  await guide.refusal(
    'setObject({ framedbId: "atlantis" })',
    () => db.setObject({ ...place, data, framedbId: "atlantis" }),
    "InstanceNotFound",
  )
  await guide.refusal(
    "setObject({ metadata: { at: NaN } })",
    () => db.setObject({ ...place, data, metadata: { at: Number.NaN } }),
    "InvalidArgument",
  )
  await using unreachable = new FrameDBClient({ clusterUrl: nowhere, routingUrl: nowhere, retries: 1 })
  await guide.refusal("getObject(…) with no server there", () => unreachable.getObject("greeting"), "BackendError")
  guide.note("It was tried twice; the password in the URL is in no message, stack or span.")
  const signal = AbortSignal.timeout(50)
  const wait = () => collect(db.listenForStreamData("tour/silence", instances.queue, { signal }))
  await guide.refusal("listenForStreamData(…, { signal })", wait, "TimeoutError")
  guide.note(
    "A listener never ends by itself: here the signal was aborted after 50 ms, and its reason is what rejects.",
  )
}

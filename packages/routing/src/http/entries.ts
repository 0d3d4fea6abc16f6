/** What both kinds of entry are read with. */
import { type BackendError, withMaybeApplied } from "@framedb/core"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import { type Collection, collectionPaths, isPathSafe } from "../contract/paths.ts"
import type { Envelope } from "./Envelope.ts"
import type { Call, ServiceClient } from "./ServiceClient.ts"

/** Fails unless the service did what was asked. */
export const expectSuccess = (
  client: ServiceClient,
  operation: string,
  envelope: Envelope,
): Effect.Effect<Envelope, BackendError> =>
  envelope.success ? Effect.succeed(envelope) : Effect.fail(client.refusal({ operation }, envelope))

/** Failures after something was written, or may have been: whatever failed, the write may have been applied. */
export const afterWriting = <A>(effect: Effect.Effect<A, BackendError>): Effect.Effect<A, BackendError> =>
  Effect.mapError(effect, (error) => withMaybeApplied(error, true))

/** The `data` of a success as a list. Some answer 404 where a filter matches nothing. */
export const listOf = (
  client: ServiceClient,
  operation: string,
  envelope: Envelope,
): Effect.Effect<ReadonlyArray<unknown>, BackendError> => {
  if (envelope.status === 404) return Effect.succeed([])
  if (!envelope.success) return Effect.fail(client.refusal({ operation }, envelope))
  const data = envelope.body["data"]
  return Array.isArray(data)
    ? Effect.succeed(data)
    : Effect.fail(client.failure({ operation }, "Protocol", "the answer has no list of entries"))
}

/**
 * Finds the entry of an id among what a filter by that id gave. Entries come without ids where other clients wrote them:
 * a single one that names nothing is the answer, while several show that the filter was ignored on the way.
 */
export const entryOfFilter = (
  client: ServiceClient,
  operation: string,
  entries: ReadonlyArray<unknown>,
  isNamed: (entry: object) => boolean | undefined,
): Effect.Effect<Option.Option<object>, BackendError> => {
  const objects = entries.filter((entry) => typeof entry === "object" && entry !== null)
  const own = objects.find((entry) => isNamed(entry) === true)
  const only = objects.length === 1 ? objects.find((entry) => isNamed(entry) === undefined) : undefined
  const found = own ?? only
  if (found !== undefined) return Effect.succeedSome(found)
  if (objects.length === 0) return Effect.succeedNone
  return Effect.fail(client.failure({ operation }, "Protocol", "the service answered other entries than the filter's"))
}

/** Where the next page of a listing begins; fails where that is where this one began, and the listing would never end. */
export const nextPage = (
  client: ServiceClient,
  envelope: Envelope,
  after: string | undefined,
): Effect.Effect<Option.Option<string>, BackendError> => {
  const next = envelope.body["next"]
  if (!Predicate.isString(next)) return Effect.succeedNone
  if (next !== after) return Effect.succeedSome(next)
  return Effect.fail(client.failure({ operation: "list" }, "Protocol", "the listing begins the same page again"))
}

/** A field of the `data` of a success. */
export const fieldOf = (
  client: ServiceClient,
  operation: string,
  envelope: Envelope,
  name: string,
): Effect.Effect<unknown, BackendError> => {
  const data = envelope.body["data"]
  return Predicate.hasProperty(data, name)
    ? Effect.succeed(data[name])
    : Effect.fail(client.failure({ operation }, "Protocol", `the answer has no field ${name}`))
}

/** Calls a path that only our server has; an answer of another server is a `Protocol` failure. */
export const callExtension = Effect.fnUntraced(function* (
  client: ServiceClient,
  collection: Collection,
  name: string,
  call: Pick<Call, "operation" | "write" | "body">,
): Effect.fn.Return<Envelope, BackendError> {
  const path = `${collectionPaths[collection]}/${name}`
  const envelope = yield* client.call({ ...call, method: "POST", path })
  if (envelope.success) return envelope
  if (client.extensions() === true) return yield* client.refusal(call, envelope)
  return yield* client.failure(call, "Protocol", "the server does not have this extension")
})

/** Whether a failure means that the server lacks the extension that was called, so that nothing has happened. */
export const isMissingExtension = (client: ServiceClient, error: BackendError): boolean =>
  error.reason._tag === "Protocol" && !error.maybeApplied && client.extensions() === false

/**
 * Runs the extension where the server has it, and the published flow where it turned out to be missing, which has done
 * nothing. A server that is not known yet, or no longer after a call without an answer, is asked by the published flow, which
 * each has; for the change of an `id` that can't stand in a path by the extension, since the flow has no call for that.
 */
export const orPublished = <A>(
  client: ServiceClient,
  extended: Effect.Effect<A, BackendError>,
  published: Effect.Effect<A, BackendError>,
  id?: string,
): Effect.Effect<A, BackendError> =>
  Effect.suspend(() =>
    (client.extensions() ?? (id !== undefined && !isPathSafe(id)))
      ? Effect.catch(extended, (error) => (isMissingExtension(client, error) ? published : Effect.fail(error)))
      : published,
  )

/**
 * Lists in pages where the server can, on one that is not known yet too, since one answer with everything may be too
 * long; falls back before the first page only, so that nothing is listed twice.
 */
export const pagesOrPublished = <A>(
  client: ServiceClient,
  pages: Stream.Stream<A, BackendError>,
  published: Stream.Stream<A, BackendError>,
): Stream.Stream<A, BackendError> =>
  Stream.suspend(() => {
    if (client.extensions() === false) return published
    let begun = false
    return pages.pipe(
      Stream.mapArray((page) => {
        begun = true
        return page
      }),
      Stream.catch((error) => (!begun && isMissingExtension(client, error) ? published : Stream.fail(error))),
    )
  })

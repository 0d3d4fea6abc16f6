/**
 * A small application: pictures of cameras in Redis, alerts in a queue.
 *
 * It has a service of its own over FrameDB, and errors of its own words. `effect-application.ts` runs it, and
 * `testing-an-application.test.ts` tests it; neither this file nor they know whether there is a server.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type BackendError, FrameDB, type ListenOptions, Serializer } from "framedb"

/** What a camera took. */
export const Picture = Schema.Struct({ camera: Schema.String, takenAt: Schema.Date, pixels: Schema.Uint8Array })

/** What a camera took. */
export type Picture = typeof Picture.Type

/** A camera that never sent a picture. */
export class NoPicture extends Schema.TaggedError<NoPicture>()("NoPicture", { camera: Schema.String }) {}

/** The pictures can't be reached for now. */
export class CamerasUnavailable extends Schema.TaggedError<CamerasUnavailable>()("CamerasUnavailable", {
  /** Whether it makes sense to try later. */
  isTemporary: Schema.Boolean,
}) {}

/** Something that a camera wants somebody to know. */
export interface Alert {
  readonly camera: string
  readonly words: string
  /** More than 1 where someone tried before. */
  readonly attempts: number
}

const unavailable = (error: BackendError) => new CamerasUnavailable({ isTemporary: error.isRetryable })

/** The places that this application was given. */
const pictures = { framedbId: "redis-1", type: "in-memory" } as const
const alerts = { queue: "camera-alerts", framedbId: "redis-3" } as const

const serializer = Serializer.schema(Picture)
const keyOf = (camera: string) => `cameras/${camera}/latest`

/** Wrong in this program or in how it was set up, and nothing that a caller could handle: these become defects. */
const mistakes = ["InstanceNotFound", "InvalidArgument"] as const
const mistakesOfValues = [...mistakes, "ObjectTooLarge", "SerializationError"] as const

const make = Effect.gen(function* () {
  const db = yield* FrameDB

  const save = (picture: Picture) =>
    db
      .setValue(keyOf(picture.camera), picture, { ...pictures, serializer })
      .pipe(
        Effect.asVoid,
        Effect.catchTag("BackendError", unavailable),
        Effect.catchTag(mistakesOfValues, Effect.die),
        Effect.withSpan("Cameras.save"),
      )

  const latest = (camera: string) =>
    db.getValue(keyOf(camera), { serializer }).pipe(
      Effect.map(({ value }) => value),
      Effect.catchTag("ObjectNotFound", () => Effect.fail(new NoPicture({ camera }))),
      Effect.catchTag("BackendError", unavailable),
      // Stored bytes are damaged: no later attempt will find others.
      Effect.catchTag("IntegrityError", () => Effect.fail(new CamerasUnavailable({ isTemporary: false }))),
      Effect.catchTag(mistakesOfValues, Effect.die),
      Effect.withSpan("Cameras.latest"),
    )

  const raise = (camera: string, words: string) =>
    db
      .publish(alerts.queue, new TextEncoder().encode(words), { framedbId: alerts.framedbId, headers: { camera } })
      .pipe(
        Effect.asVoid,
        Effect.catchTag("BackendError", unavailable),
        Effect.catchTag([...mistakes, "ObjectTooLarge"], Effect.die),
      )

  const handleAlerts = (handle: (alert: Alert) => Effect.Effect<void>, options: ListenOptions = {}) =>
    db.listenForStreamData(alerts.queue, alerts.framedbId, options).pipe(
      Stream.map(({ data, headers, attempts }) => {
        const words = new TextDecoder().decode(data)
        return { camera: headers["camera"] ?? "unknown", words, attempts }
      }),
      // With the default `ack: "auto"` an alert is acknowledged when the stream comes back for the next.
      Stream.mapEffect((alert) => Effect.as(handle(alert), alert)),
      Stream.catchTag("BackendError", (error) => Stream.fail(unavailable(error))),
      Stream.catchTag(mistakes, (mistake) => Stream.die(mistake)),
    )

  return Cameras.of({ save, latest, raise, handleAlerts })
})

/** The cameras. */
export class Cameras extends Context.Service<
  Cameras,
  {
    readonly save: (picture: Picture) => Effect.Effect<void, CamerasUnavailable>
    readonly latest: (camera: string) => Effect.Effect<Picture, NoPicture | CamerasUnavailable>
    readonly raise: (camera: string, words: string) => Effect.Effect<void, CamerasUnavailable>
    /** Handles alerts without end, each at least once, and gives those that were handled. */
    readonly handleAlerts: (
      handle: (alert: Alert) => Effect.Effect<void>,
      options?: ListenOptions,
    ) => Stream.Stream<Alert, CamerasUnavailable>
  }
>()("example/Cameras") {}

/** Provides the cameras over FrameDB, whichever. */
export const layer: Layer.Layer<Cameras, never, FrameDB> = Layer.effect(Cameras, make)

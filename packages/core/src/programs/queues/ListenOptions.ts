/** What can be said about how a queue is read. */
import { hostname } from "node:os"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import { problemOfStreamStart, type StreamStart } from "../../domain/StreamStart.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"

/** How a queue is listened to. */
export interface ListenOptions {
  /** The listeners of one group share the messages; each group gets all. Default: `framedb`. */
  readonly group?: string
  /** This listener's name, unique among those that live. Default: one made of host, process and a random part. */
  readonly consumer?: string
  /**
   * `auto` acknowledges a message when the consumer comes back for the next one, `manual` leaves it to `message.ack`.
   * Whatever takes messages ahead of their handling (`Stream.buffer`, `Stream.mapEffect` with concurrency) needs
   * `manual`: for `auto` the message is handled when the next is taken. Default: `auto`.
   */
  readonly ack?: "auto" | "manual"
  /** Where a group begins that does not exist yet. Default: `beginning`. */
  readonly from?: StreamStart
  /** The most messages fetched at once, 1 to 512. Default: 512. */
  readonly batchSize?: number
  /** With `manual`, the most messages handed out and not settled; no more are handed out before. Default: 1,024. */
  readonly maxUnsettled?: number
  /**
   * After so long, in milliseconds, a message that is not settled is given to someone else. A living listener prolongs
   * what it has not handed out, and with `auto` what it has, too. Default: 30,000.
   */
  readonly visibilityTimeoutMillis?: number
  /** After so many deliveries a message becomes a dead letter. `Infinity` for never. Default: 5. */
  readonly maxDeliveries?: number
  /** Whether acknowledged messages stay in the stream for later groups and followers. Default: false. */
  readonly keepAcknowledged?: boolean
  /** How long a lost connection may stay lost before the listener fails, in milliseconds. Default: 300,000. */
  readonly giveUpAfterMillis?: number
}

/** The options with their defaults filled in. */
export type ListenSettings = Required<ListenOptions>

const defaults = {
  group: "framedb",
  ack: "auto",
  from: "beginning",
  batchSize: 512,
  maxUnsettled: 1024,
  visibilityTimeoutMillis: 30_000,
  maxDeliveries: 5,
  keepAcknowledged: false,
  giveUpAfterMillis: 300_000,
} as const

/** The longest name of a group or a consumer, in characters: it is repeated in every command. */
const maxNameCharacters = 255

/** Names that begin so are the client's own. */
const reservedPrefix = "framedb:"

const problemOfName = (name: unknown): string | undefined => {
  if (typeof name !== "string" || name.length === 0 || name.length > maxNameCharacters) {
    return `is a string of 1 to ${maxNameCharacters} characters`
  }
  if (!name.isWellFormed()) return "is well-formed Unicode"
  return name.startsWith(reservedPrefix) ? `does not begin with "${reservedPrefix}"` : undefined
}

const problemOfWhole = (value: unknown, least: number, most: number): string | undefined =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
    ? undefined
    : `is a whole number from ${least} to ${most}`

/** A day: what is longer is a mistake of units, or a wish for `manual` and `extend`. */
const maxTimeoutMillis = 86_400_000

const problems: { readonly [Name in keyof ListenSettings]: (settings: ListenSettings) => string | undefined } = {
  group: ({ group }) => problemOfName(group),
  consumer: ({ consumer }) => problemOfName(consumer),
  ack: ({ ack }) => (ack === "auto" || ack === "manual" ? undefined : 'is "auto" or "manual"'),
  from: ({ from }) => problemOfStreamStart(from),
  batchSize: ({ batchSize }) => problemOfWhole(batchSize, 1, 512),
  maxUnsettled: ({ maxUnsettled }) => problemOfWhole(maxUnsettled, 1, 1_000_000),
  visibilityTimeoutMillis: ({ visibilityTimeoutMillis }) =>
    problemOfWhole(visibilityTimeoutMillis, 10, maxTimeoutMillis),
  maxDeliveries: ({ maxDeliveries }) =>
    maxDeliveries === Number.POSITIVE_INFINITY ? undefined : problemOfWhole(maxDeliveries, 1, 1_000_000),
  keepAcknowledged: ({ keepAcknowledged }) => (typeof keepAcknowledged === "boolean" ? undefined : "is true or false"),
  giveUpAfterMillis: ({ giveUpAfterMillis }) =>
    giveUpAfterMillis === Number.POSITIVE_INFINITY
      ? undefined
      : problemOfWhole(giveUpAfterMillis, 0, 7 * maxTimeoutMillis),
}

const consumerName = Effect.map(
  Random.nextInt,
  (number) => `${hostname()}-${process.pid}-${(number >>> 0).toString(36)}`,
)

/** Fills in the defaults. Fails with `InvalidArgument` that names the option. */
export const listenSettings = Effect.fnUntraced(function* (options: ListenOptions) {
  const consumer = options.consumer ?? (yield* consumerName)
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
  const settings: ListenSettings = { ...defaults, ...given, consumer }
  for (const [argument, problemOf] of Object.entries(problems)) {
    const problem = problemOf(settings)
    if (problem !== undefined) return yield* new InvalidArgument({ argument, message: `${argument} ${problem}` })
  }
  return settings
})

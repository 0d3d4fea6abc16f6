/** Opens listeners: endless ones, and those that drain what is there. */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { compareMessageIds } from "../../domain/StreamMessageId.ts"
import type { BackendError } from "../../errors/BackendError.ts"
import type { QueueConsumer, QueueDelivery, QueueStore } from "../../ports/QueueStore.ts"
import { forkIn } from "../forkIn.ts"
import type { Fork } from "../instances/OpenInstance.ts"
import { steadyNow } from "../steadyClock.ts"
import { AutoListener } from "./AutoListener.ts"
import { FollowingConsumer } from "./FollowingConsumer.ts"
import { heartbeatMillis, type Listener } from "./Listener.ts"
import { type ListenOptions, type ListenSettings, listenSettings } from "./ListenOptions.ts"
import { ManualListener } from "./ManualListener.ts"
import { type Persevering, persevering } from "./persevering.ts"
import type { QueueError, QueueSource, Repeat } from "./QueueResolver.ts"
import { type QueueAddress, queueAddress } from "./queueAddress.ts"
import { fetchByFiber, fetchEndlessly, type StartFetch } from "./StartFetch.ts"

/** The longest that one fetch waits, in milliseconds: so often an idle listener shows that it lives. */
const maxWaitMillis = 1_000

/** How often a listener looks whether its instance has moved, in milliseconds. The registry is asked far less often. */
const followMillis = 1_000

type Fetch = Effect.Effect<ReadonlyArray<QueueDelivery>, BackendError | Cause.Done>

interface Opening {
  readonly fork: Fork
  readonly repeat: Repeat
  readonly store: QueueStore
  readonly address: QueueAddress
  readonly settings: ListenSettings
  readonly consumer: QueueConsumer
  readonly persevering: Persevering
}

/** Waits for messages for as long as it takes. */
const endlessFetch = ({ fork, consumer, settings, persevering }: Opening): Effect.Effect<StartFetch> =>
  Effect.sync(() =>
    fetchEndlessly(fork, consumer, persevering, { maxMessages: settings.batchSize, waitMillis: maxWaitMillis }),
  )

/** Takes what is there now and ends: neither what comes later, nor more than there was. */
const drainingFetch = Effect.fnUntraced(function* (opening: Opening): Effect.fn.Return<StartFetch, QueueError> {
  const { fork, repeat, store, address, settings, consumer, persevering } = opening
  const { lag, pending, newestId } = yield* repeat(store.info(address.queue, settings.group))
  let remaining = lag + pending
  const isLater = ({ id }: QueueDelivery) => newestId !== undefined && compareMessageIds(id, newestId) > 0
  const fetch: Fetch = Effect.gen(function* () {
    if (remaining <= 0) return yield* Cause.done()
    const maxMessages = Math.min(settings.batchSize, remaining)
    const batch = yield* persevering.repeat(consumer.receive({ maxMessages, waitMillis: 0 }))
    remaining -= batch.length
    const later = batch.filter(isLater)
    if (later.length > 0) {
      remaining = 0
      yield* persevering.repeat(consumer.release(later.map(({ id }) => ({ id, delayMillis: 0, reason: undefined }))))
    }
    const present = batch.slice(0, batch.length - later.length)
    return present.length === 0 ? yield* Cause.done() : present
  })
  return fetchByFiber(fork, fetch)
})

/** How a listener reads, where endless and where it drains. */
interface Manner {
  readonly isEndless: boolean
  readonly makeFetch: (opening: Opening) => Effect.Effect<StartFetch, QueueError>
}

const open = Effect.fnUntraced(function* (
  { resolve, repeat }: QueueSource,
  queue: string,
  framedbId: string,
  options: ListenOptions,
  { isEndless, makeFetch }: Manner,
): Effect.fn.Return<Listener, QueueError, Scope.Scope> {
  const address = yield* queueAddress(queue, framedbId)
  const settings = yield* listenSettings(options)
  const clock = yield* Clock.Clock
  let listener: Listener | undefined
  const isHeld = (id: string) => listener?.isHeld(id) === true
  const consumer = yield* FollowingConsumer.make(
    Effect.suspend(() => resolve(address.framedbId)),
    repeat,
    { ...settings, queue: address.queue, mayWait: isEndless, isHeld },
  )
  const perseverance = persevering({ ...address, giveUpAfterMillis: settings.giveUpAfterMillis, clock })
  yield* Effect.addFinalizer((exit) => listener?.close(exit) ?? Effect.void)
  // Ends before the listener is closed, which sends again what was being sent.
  const fork = forkIn(yield* Effect.scope)(yield* Effect.context<never>())
  const opening = { fork, repeat, address, settings, consumer, persevering: perseverance }
  const context = { ...opening, startFetch: yield* makeFetch({ ...opening, store: consumer.store }) }
  // Set back, the machine's clock would keep messages from being prolonged until it has caught up.
  const now = steadyNow(clock)
  const opened = settings.ack === "auto" ? new AutoListener(context, now) : new ManualListener(context, now)
  listener = opened
  const beat = Effect.andThen(perseverance.show, opened.heartbeat)
  yield* Effect.forkScoped(Effect.forever(Effect.delay(beat, heartbeatMillis(settings))))
  // By itself: a registry that does not answer must not keep messages from being prolonged.
  if (isEndless) yield* Effect.forkScoped(Effect.forever(Effect.delay(consumer.follow, followMillis)))
  return opened
})

/** Opens a listener that never ends by itself. */
export const openListener = (source: QueueSource, queue: string, framedbId: string, options: ListenOptions = {}) =>
  open(source, queue, framedbId, options, { isEndless: true, makeFetch: endlessFetch })

/** Opens a listener that ends after what was there when it was opened. */
export const openDrain = (source: QueueSource, queue: string, framedbId: string, options: ListenOptions = {}) =>
  open(source, queue, framedbId, options, { isEndless: false, makeFetch: drainingFetch })

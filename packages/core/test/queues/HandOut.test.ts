/** The bookkeeping of a batch against a model that keeps every message's state by itself. */
import { expect, it } from "@effect/vitest"
import { FramedbId, QueueName } from "@framedb/core"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { HandOut } from "../../src/programs/queues/HandOut.ts"
import { ListenedMessage, type Settler } from "../../src/programs/queues/ListenedMessage.ts"

const settler: Settler = {
  queue: QueueName.make("q"),
  framedbId: FramedbId.make("f"),
  acknowledge: () => Effect.succeed(true),
  release: () => Effect.succeed(true),
  extend: () => Effect.succeed(true),
}

const message = (index: number): ListenedMessage =>
  new ListenedMessage(settler, {
    id: `1-${index}`,
    data: new Uint8Array(0),
    headers: {},
    attempts: 1,
    publishedAtMillis: 1,
  })

type State = "waiting" | "in hand" | "handled" | "sent" | "gone"

const commands = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: "next" as const, index: 0 }) },
    fc.constant({ kind: "acknowledge" as const, index: 0 }),
    fc.constant({ kind: "fail" as const, index: 0 }),
    fc.record({ kind: fc.constant("drop" as const), index: fc.nat(7) }),
  ),
  { maxLength: 40 },
)

it("hands out each message once, and acknowledges exactly what was come back from and not settled otherwise", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), commands, (count, program) => {
      const batch = Array.from({ length: count }, (_, index) => message(index))
      const states = new Map<ListenedMessage, State>(batch.map((each) => [each, "waiting"]))
      const inState = (state: State) => batch.filter((each) => states.get(each) === state)
      const hand = new HandOut()
      hand.begin(batch)
      let unsent: ReadonlyArray<string> = []
      for (const { kind, index } of program) {
        if (kind === "next") {
          for (const each of inState("in hand")) states.set(each, "handled")
          const [expected] = inState("waiting")
          expect(hand.next()).toBe(expected)
          if (expected !== undefined) states.set(expected, "in hand")
        }
        const dropped = batch[index]
        if (kind === "drop" && dropped !== undefined && hand.holds(dropped)) {
          hand.drop(dropped)
          states.set(dropped, "gone")
        }
        if (kind === "acknowledge" || kind === "fail") {
          const handled = inState("handled")
          const ids = [...unsent, ...handled.map(({ id }) => id)]
          expect(hand.takeHandled()).toEqual(ids)
          for (const each of handled) states.set(each, "sent")
          unsent = kind === "fail" ? ids : []
          if (kind === "fail") hand.putBack(ids)
        }
        expect(hand.inHand()).toEqual(inState("in hand"))
        expect(hand.waiting()).toEqual(inState("waiting"))
      }
    }),
  )
})

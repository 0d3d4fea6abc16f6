/** A client's end of the channel, through all its connections: what it hears goes to who listens, what it tells waits here. */
import type { InvalidationSignal } from "@framedb/core"
import { decodeMessage } from "./InvalidationMessage.ts"
import { Outbox } from "./Outbox.ts"
import { SenderSequences } from "./SenderSequences.ts"

type Hear = (signal: InvalidationSignal) => void

/** Is a client's end of the channel: hands on what it hears, and holds what is to be told. */
export class Channel {
  readonly outbox: Outbox
  readonly #senders = new SenderSequences()
  readonly #hears = new Set<Hear>()
  #isConnected = false
  /** How often in a row connecting has failed. */
  failures = 0

  /** `sender` is 16 random bytes as hexadecimal digits. */
  constructor(sender: string) {
    this.outbox = new Outbox(sender)
  }

  listen(hear: Hear): void {
    this.#hears.add(hear)
    if (this.#isConnected) hear({ _tag: "Connected" })
  }

  leave(hear: Hear): void {
    this.#hears.delete(hear)
  }

  /** From here on every message is received. */
  connected(): void {
    this.#senders.clear()
    this.failures = 0
    this.#isConnected = true
    this.#tell({ _tag: "Connected" })
  }

  /** Nothing is received any more. Harmless when said again. */
  disconnected(): void {
    if (!this.#isConnected) return
    this.#isConnected = false
    this.#tell({ _tag: "Disconnected" })
  }

  /** What came over the channel, from anyone. */
  receive(bytes: Buffer): void {
    if (!this.#isConnected) return
    const message = decodeMessage(bytes)
    if (message?.sender === this.outbox.sender) return
    const isWhole = message !== undefined && this.#senders.note(message)
    if (!isWhole || message.body._tag === "Everything") this.#tell({ _tag: "Missed" })
    else if (message.body._tag === "Keys") this.#tell({ _tag: "Changed", keys: message.body.keys })
  }

  #tell(signal: InvalidationSignal): void {
    for (const hear of this.#hears) hear(signal)
  }
}

/**
 * One coarse timer for all deadlines of a pool: a timer a call would cost more than the rest of the call's bookkeeping.
 * Deadlines count ticks, so that they come up to one tick late, and no time passes while this process is stopped.
 */

/** Calls back at an interval for as long as it is told to go on, and holds no process open. */
export class Ticker {
  readonly #millis: number
  readonly #onTick: () => boolean
  #timer: NodeJS.Timeout | undefined

  /** `onTick` says whether to go on. */
  constructor(millis: number, onTick: () => boolean) {
    this.#millis = millis
    this.#onTick = onTick
  }

  /** Sees to it that the timer runs. */
  wake(): void {
    if (this.#timer !== undefined) return
    this.#timer = setInterval(() => {
      if (!this.#onTick()) this.stop()
    }, this.#millis)
    this.#timer.unref()
  }

  /** Ends the timer, until the next `wake`. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

const lookEveryMillis = 50

/** The resident memory of this process, looked at all the time until it is disposed. */
export interface MemoryWatch extends Disposable {
  /** The most that was seen, in bytes. */
  readonly peakBytes: () => number
}

/** Begins to watch. */
export const watchMemory = (): MemoryWatch => {
  let peakBytes = 0
  const look = () => {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
  }
  const timer = setInterval(look, lookEveryMillis)
  return {
    peakBytes: () => {
      look()
      return peakBytes
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

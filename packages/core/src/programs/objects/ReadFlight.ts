/**
 * A read under way, and those who wait for it.
 *
 * Nearly always that is one, and then there is no set to make. When it lands it lets go of all that it carried: the table
 * of reads under way is made anew every few dozen reads, and tables that have grown old keep what was in them until a
 * full collection.
 */
import type * as Exit from "effect/Exit"
import type { FrameObject } from "../../domain/FrameObject.ts"
import type { CacheMoment } from "../../ports/ObjectCache.ts"
import type { Resume } from "../instances/Batcher.ts"

const nothing = () => {}

/** Is one read under way, with those who wait for it. */
export class ReadFlight<E> {
  /** When it began. */
  readonly moment: CacheMoment
  #waiter: Resume<FrameObject, E> | undefined
  #others: Set<Resume<FrameObject, E>> | undefined
  #stop: () => void = nothing

  constructor(moment: CacheMoment) {
    this.moment = moment
  }

  /** Whether anybody waits. */
  get isAwaited(): boolean {
    return this.#waiter !== undefined || (this.#others !== undefined && this.#others.size > 0)
  }

  /** Says how to stop the work once nobody waits for it. */
  onStop(stop: () => void): void {
    this.#stop = stop
  }

  join(resume: Resume<FrameObject, E>): void {
    if (!this.isAwaited) this.#waiter = resume
    else {
      this.#others ??= new Set()
      this.#others.add(resume)
    }
  }

  /** Lets one go, stops the work if that was the last, and says whether it was. */
  leave(resume: Resume<FrameObject, E>): boolean {
    if (this.#waiter === resume) this.#waiter = undefined
    else if (this.#others?.delete(resume) !== true) return false
    if (this.isAwaited) return false
    const stop = this.#stop
    this.#stop = nothing
    stop()
    return true
  }

  /** Lands: answers everyone who waits, the last one with `exit` itself and those before with what `another` makes of it. */
  land(exit: Exit.Exit<FrameObject, E>, another: (exit: Exit.Exit<FrameObject, E>) => Exit.Exit<FrameObject, E>): void {
    const [waiter, others] = [this.#waiter, this.#others]
    this.#waiter = undefined
    this.#others = undefined
    this.#stop = nothing
    let left = others?.size ?? 0
    if (waiter !== undefined) waiter(left === 0 ? exit : another(exit))
    if (others !== undefined) for (const resume of others) resume(--left === 0 ? exit : another(exit))
  }
}

/**
 * A list of faults to come, and a record of every call.
 *
 * Each rule waits for calls that match it, lets some pass, and befalls a number of them; the first rule that matches a call
 * decides. What no rule matches is left alone.
 */
import type { Decide, Fault, PortCall } from "./Fault.ts"

/** Which calls a rule is about. Fields that are left out match every call. */
export interface CallPattern {
  readonly backend?: PortCall["backend"]
  readonly method?: string
  readonly instance?: string
  /** A key that is among those of the call. */
  readonly key?: string
  /** How many matching calls pass before the first that is befallen. Default: 0. */
  readonly after?: number
  /** How many calls are befallen. Default: 1. */
  readonly times?: number
}

interface Rule {
  readonly pattern: CallPattern
  readonly fault: Fault
  passes: number
  left: number
}

const isMatch = (pattern: CallPattern, call: PortCall): boolean =>
  (pattern.backend === undefined || pattern.backend === call.backend) &&
  (pattern.method === undefined || pattern.method === call.method) &&
  (pattern.instance === undefined || pattern.instance === call.instance) &&
  (pattern.key === undefined || call.keys.includes(pattern.key))

/** Decides which calls of the ports fail, and how, and records every call. */
export class FaultPlan {
  readonly #calls: Array<PortCall> = []
  #rules: Array<Rule> = []

  /** Every call so far, oldest first, befallen ones included. */
  get calls(): ReadonlyArray<PortCall> {
    return this.#calls
  }

  /** Gives the calls so far and forgets them. */
  takeCalls(): ReadonlyArray<PortCall> {
    return this.#calls.splice(0)
  }

  /** Adds a rule behind those that are there. */
  add(pattern: CallPattern, fault: Fault): this {
    this.#rules.push({ pattern, fault, passes: pattern.after ?? 0, left: pattern.times ?? 1 })
    return this
  }

  /** Lets everything be from now on. */
  clear(): void {
    this.#rules = []
  }

  /** Decides by the rules; to be given to the wrappers. */
  readonly decide: Decide = (call) => {
    this.#calls.push(call)
    const rule = this.#rules.find(({ pattern, left }) => left > 0 && isMatch(pattern, call))
    if (rule === undefined) return undefined
    if (rule.passes > 0) {
      rule.passes--
      return undefined
    }
    rule.left--
    return rule.fault
  }
}

/**
 * What options may be. The types say most of it to who writes TypeScript; numbers, plain JavaScript and the environment need
 * more. Each record of options has a record of rules with the same names, so that the compiler misses none that was forgotten.
 */
import * as Redacted from "effect/Redacted"
import { InvalidArgument } from "./InvalidArgument.ts"

/** What one option may be. */
export interface Rule {
  readonly accepts: (value: unknown) => boolean
  /** Completes "it has to be", such as "true or false". */
  readonly words: string
  /** Whether it has to be there; false by default. */
  readonly isRequired?: boolean
}

/** The rules of options within an option, such as `tls`. */
export interface NestedRules {
  readonly [name: string]: Rule | NestedRules
}

/** The rules of a record of options. An option that is left out, or `undefined`, keeps its default. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule | NestedRules }

/** A week, the longest wait that an option may ask for: what is added to it stays within what Node's timers can count. */
const maxWaitMillis = 7 * 24 * 60 * 60 * 1000

/** A whole number within bounds, both included. */
export const wholeNumber = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Rule => ({
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
  words:
    maximum === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${minimum}`
      : `a whole number from ${minimum} to ${maximum}`,
})

/** How long to wait, in milliseconds: at least 1, at most a week. */
export const waitMillis: Rule = wholeNumber(1, maxWaitMillis)

/** What the rule accepts, or `Infinity` for no bound. */
export const orUnbounded = (rule: Rule): Rule => ({
  accepts: (value) => value === Number.POSITIVE_INFINITY || rule.accepts(value),
  words: `${rule.words}, or Infinity`,
})

/** Yes or no. */
export const flag: Rule = { accepts: (value) => typeof value === "boolean", words: "true or false" }

/** A text that is not empty. */
export const text: Rule = {
  accepts: (value) => typeof value === "string" && value !== "",
  words: "a text that is not empty",
}

/** A text, which may be empty. */
export const anyText: Rule = { accepts: (value) => typeof value === "string", words: "a text" }

/** A text that logs and messages do not show. */
export const secret: Rule = {
  accepts: (value) => Redacted.isRedacted(value),
  words: "a Redacted text: Redacted.make(text)",
}

/** The same, not empty: what lets nobody in without it. */
export const password: Rule = {
  accepts: (value) => Redacted.isRedacted(value) && Redacted.value(value) !== "",
  words: "a Redacted text that is not empty",
}

/** A URL, which may hold a password: a text, or a `Redacted` one. */
export const urlText: Rule = {
  accepts: (value) => text.accepts(value) || secret.accepts(value),
  words: "a URL, as a text or as a Redacted text",
}

/** One of some words. */
export const oneOf = (...choices: ReadonlyArray<string>): Rule => ({
  accepts: (value) => typeof value === "string" && choices.includes(value),
  words: `one of ${choices.join(", ")}`,
})

/** The same rule for an option that has no default. */
export const required = (rule: Rule): Rule => ({ ...rule, isRequired: true })

/** What a value is, without showing what may be a secret in the wrong place. */
const described = (value: unknown): string => {
  if (value === undefined) return "missing"
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value)
  return typeof value === "string" ? "a text" : `of the type ${typeof value}`
}

const isRecord = (value: unknown): value is object => typeof value === "object" && value !== null

const isRule = (rule: Rule | object): rule is Rule => "accepts" in rule

/**
 * The error to fail with, or `undefined` where every option can be used. `nameOf` makes what a caller has written out of a
 * name such as `tls.ca`.
 */
export const problemOf = <Options extends object>(
  options: Options,
  rules: Rules<Options>,
  nameOf: (name: string) => string = (name) => name,
): InvalidArgument | undefined => {
  const values = new Map<string, unknown>(Object.entries(options))
  for (const [name, rule] of Object.entries<Rule | object>(rules)) {
    const problem = problemOfOption(nameOf, name, values.get(name), rule)
    if (problem !== undefined) return problem
  }
  return undefined
}

const problemOfOption = (
  nameOf: (name: string) => string,
  name: string,
  value: unknown,
  rule: Rule | object,
): InvalidArgument | undefined => {
  if (value === undefined && !(isRule(rule) && rule.isRequired === true)) return undefined
  if (!isRule(rule) && isRecord(value)) return problemOf(value, rule, (inner) => nameOf(`${name}.${inner}`))
  const [accepts, words] = isRule(rule) ? [rule.accepts(value), rule.words] : [false, "a record of options"]
  if (accepts) return undefined
  const argument = nameOf(name)
  return new InvalidArgument({ argument, message: `${argument} has to be ${words}, and is ${described(value)}` })
}

/** Names options as the environment does: `tls.ca` under the prefix `FRAMEDB_REDIS_` is `FRAMEDB_REDIS_TLS_CA`. */
export const variableOf =
  (prefix: string) =>
  (name: string): string =>
    prefix +
    name
      .replace(/[A-Z]/g, (letter) => `_${letter}`)
      .replaceAll(".", "_")
      .toUpperCase()

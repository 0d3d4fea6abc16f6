import * as Option from "effect/Option"

type Given<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] extends Option.Option<infer A> ? A : never }

/** A record of the flags that were given, without the others. */
export const given = <Fields extends Record<string, Option.Option<unknown>>>(fields: Fields): Given<Fields> =>
  // What is left out is optional in the type, and each value is what its Option held.
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (Option.isSome(value) ? [[name, value.value]] : [])),
  ) as Given<Fields>

import * as Effect from "effect/Effect"
import { Redis } from "ioredis"

/** Asks a server something over a connection of its own, beside the one under test. */
export const ask = <A>(
  url: string,
  question: (client: Redis) => Promise<A>,
  options: { readonly tls?: { readonly ca: string } } = {},
): Effect.Effect<A> =>
  Effect.acquireUseRelease(
    Effect.sync(() => new Redis(url, { ...options })),
    (client) => Effect.promise(() => question(client)),
    (client) => Effect.sync(() => client.disconnect()),
  )

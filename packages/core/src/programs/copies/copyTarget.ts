/** Where a copy goes: the instance of an id, of whichever kind it is. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type FramedbId, problemOfFramedbId } from "../../domain/FramedbId.ts"
import { kindOf, type ObjectType } from "../../domain/FramedbType.ts"
import type { Location } from "../../domain/Location.ts"
import { InstanceNotFound } from "../../errors/InstanceNotFound.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import type { ConnectError, Connections } from "../instances/Connections.ts"
import type { retrying } from "../retrying.ts"

interface Services {
  readonly connections: Connections["Service"]
  readonly repeat: ReturnType<typeof retrying>
}

const types: ReadonlyArray<ObjectType> = ["in-memory", "storage"]

const ambiguous = (id: string) =>
  new InvalidArgument({
    argument: "targetType",
    message: `${JSON.stringify(id)} is the id of a Redis and of a SQL instance: say which is meant, "in-memory" or "storage"`,
  })

const refused = (argument: string, message: string) => Effect.fail(new InvalidArgument({ argument, message }))

/**
 * Gives the program. The registry knows ids by kind, so both kinds are asked for where the caller names none; an id of both
 * is refused rather than guessed.
 */
export const makeCopyTarget = ({ connections, repeat }: Services) => {
  const lookFor = (framedbId: FramedbId, type: ObjectType) =>
    repeat(connections.instance(framedbId, kindOf(type))).pipe(
      Effect.as(Option.some<Location>({ framedbId, type })),
      Effect.catchTag("InstanceNotFound", () => Effect.succeedNone),
    )

  return (id: string, type: ObjectType | undefined): Effect.Effect<Location, ConnectError> => {
    const problem = problemOfFramedbId(id)
    if (problem !== undefined) return refused("targetFramedbId", problem)
    const framedbId = id as FramedbId // Validated above.
    if (type !== undefined) {
      const isKnown = types.includes(type)
      return isKnown
        ? Effect.succeed({ framedbId, type })
        : refused("targetType", 'a copy is kept in "in-memory" or "storage"')
    }
    return Effect.flatMap(
      Effect.forEach(types, (each) => lookFor(framedbId, each), { concurrency: 2 }),
      (found): Effect.Effect<Location, ConnectError> => {
        const [place, another] = found.flatMap(Option.toArray)
        if (another !== undefined) return Effect.fail(ambiguous(id))
        return place === undefined
          ? Effect.fail(new InstanceNotFound({ framedbId, kind: "sql" }))
          : Effect.succeed(place)
      },
    )
  }
}

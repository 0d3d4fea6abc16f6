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

/** What the registry knows of a place. */
interface Found {
  readonly place: Location
  readonly isSupposed: boolean
}

const ambiguous = (id: string) =>
  new InvalidArgument({
    argument: "targetType",
    message: `${JSON.stringify(id)} is the id of a Redis and of a SQL instance: pass the targetType "in-memory" or "storage"`,
  })

/** Where the registry supposes an instance of each kind, a copy goes where copies usually do: to lasting storage. */
const supposed = (found: ReadonlyArray<Found>): Location | undefined =>
  found.every(({ isSupposed }) => isSupposed) ? found.find(({ place }) => place.type === "storage")?.place : undefined

const refused = (argument: string, message: string) => Effect.fail(new InvalidArgument({ argument, message }))

/**
 * Gives the program. The registry knows ids by kind, so both kinds are asked for where the caller names none; an id of both
 * is refused rather than guessed, unless the registry only supposes that both are there.
 */
export const makeCopyTarget = ({ connections, repeat }: Services) => {
  const lookFor = (framedbId: FramedbId, type: ObjectType) =>
    repeat(connections.instance(framedbId, kindOf(type))).pipe(
      Effect.map((instance) =>
        Option.some<Found>({ place: { framedbId, type }, isSupposed: instance.isSupposed === true }),
      ),
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
      (answers): Effect.Effect<Location, ConnectError> => {
        const found = answers.flatMap(Option.toArray)
        const [first] = found
        if (first === undefined) return Effect.fail(new InstanceNotFound({ framedbId, kind: "sql" }))
        const place = found.length === 1 ? first.place : supposed(found)
        return place === undefined ? Effect.fail(ambiguous(id)) : Effect.succeed(place)
      },
    )
  }
}

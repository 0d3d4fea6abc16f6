/** Which instances the registry knows. */
import { InstanceAdministration, registryConfig } from "@framedb/routing"
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { FramedbId, type InstanceKind } from "framedb"
import { endsWithOutput, outlivesOutput } from "../files/standardOutput.ts"
import { json } from "../flags.ts"
import { say } from "../say.ts"

const id = Argument.String("id").pipe(Argument.withDescription("The instance's id"), Argument.withSchema(FramedbId))

const kind = Flag.Literals("kind", ["redis", "sql"]).pipe(Flag.withDescription("The protocol that it speaks"))

const administration = Effect.flatMap(registryConfig, InstanceAdministration.make)

const register = Command.make(
  "register",
  {
    id,
    kind,
    url: Flag.Redacted("url").pipe(Flag.withDescription("How clients reach it, such as redis://host:6379")),
    clusterId: Flag.String("cluster-id").pipe(Flag.withDescription("Its cluster"), Flag.withDefault("")),
  },
  Effect.fnUntraced(
    function* (input) {
      const registry = yield* administration
      const cluster = input.clusterId === "" ? {} : { clusterId: input.clusterId }
      yield* registry.register({ framedbId: input.id, kind: input.kind, publicUrl: input.url, ...cluster })
      yield* say(`${input.id} is registered`)
    },
    Effect.scoped,
    outlivesOutput,
  ),
).pipe(
  Command.withDescription("Register an instance, or replace the one of its id"),
  Command.withExamples([{ command: "framedb instances register redis-1 --kind redis --url redis://127.0.0.1:6379" }]),
)

const remove = Command.make(
  "remove",
  { id, kind },
  Effect.fnUntraced(
    function* (input) {
      const registry = yield* administration
      const wasThere = yield* registry.remove(input.id, input.kind)
      yield* say(wasThere ? `${input.id} is removed` : `${input.id} was not there`)
    },
    Effect.scoped,
    outlivesOutput,
  ),
).pipe(Command.withDescription("Remove an instance from the registry; its data stays"))

const kinds: ReadonlyArray<InstanceKind> = ["redis", "sql"]

const list = Command.make(
  "list",
  { kind: Flag.optional(kind), json },
  Effect.fnUntraced(
    function* (input) {
      const registry = yield* administration
      for (const each of Option.isSome(input.kind) ? [input.kind.value] : kinds) {
        for (const { framedbId, address, clusterId } of yield* registry.list(each)) {
          const line = `${framedbId}  ${each}  ${address ?? "no address"}${clusterId === undefined ? "" : `  in ${clusterId}`}`
          yield* say(input.json ? JSON.stringify({ framedbId, kind: each, address, clusterId }) : line)
        }
      }
    },
    Effect.scoped,
    endsWithOutput,
  ),
).pipe(Command.withDescription("List instances with their addresses, without credentials"), Command.withAlias("ls"))

/** `framedb instances …`. */
export const instances = Command.make("instances").pipe(
  Command.withDescription("List, register and remove instances of the registry"),
  Command.withSubcommands([list, register, remove]),
)

/** Which instances the registry knows. */
import { InstanceAdministration, registryConfig } from "@framedb/routing"
import * as Console from "effect/Console"
import { Argument, Command, Flag } from "effect/cli"
import * as Effect from "effect/Effect"
import { FramedbId } from "framedb"

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
  Effect.fnUntraced(function* (input) {
    const registry = yield* administration
    const cluster = input.clusterId === "" ? {} : { clusterId: input.clusterId }
    yield* registry.register({ framedbId: input.id, kind: input.kind, publicUrl: input.url, ...cluster })
    yield* Console.log(`${input.id} is registered`)
  }, Effect.scoped),
).pipe(Command.withDescription("Register an instance, or replace the one of its id"))

const remove = Command.make(
  "remove",
  { id, kind },
  Effect.fnUntraced(function* (input) {
    const registry = yield* administration
    const wasThere = yield* registry.remove(input.id, input.kind)
    yield* Console.log(wasThere ? `${input.id} is removed` : `${input.id} was not there`)
  }, Effect.scoped),
).pipe(Command.withDescription("Remove an instance from the registry; its data stays"))

/** `framedb instances …`. */
export const instances = Command.make("instances").pipe(
  Command.withDescription("Register and remove instances"),
  Command.withSubcommands([register, remove]),
)

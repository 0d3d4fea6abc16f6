/** Values: objects whose bytes a serializer made. */
import * as Effect from "effect/Effect"
import { problemOfBytes } from "../../domain/Bytes.ts"
import type { ContentDescription, FrameObject, ObjectInfo } from "../../domain/FrameObject.ts"
import { InvalidArgument } from "../../errors/InvalidArgument.ts"
import { SerializationError } from "../../errors/SerializationError.ts"
import { wordsOf } from "../../errors/wordsOf.ts"
import type { Serializer } from "../../ports/Serializer.ts"
import { refusePickle } from "../../serializers/detect.ts"
import { json } from "../../serializers/json.ts"
import { SerializerProblem } from "../../serializers/SerializerProblem.ts"
import { type Deserializer, serializerFor } from "../../serializers/serializerFor.ts"
import type { ReadError } from "./ObjectReader.ts"
import type { WriteError } from "./ObjectWriter.ts"
import { type ObjectTarget, problemOfRecord, type SetObjectInput } from "./SetObject.ts"

/** Where a value goes and how it is written. */
export interface SetValueOptions<A> extends ObjectTarget {
  /** Default `json`. Its name is recorded, so that `getValue` needs no hint; one without a name has to be given again. */
  readonly serializer?: Serializer<A>
}

/** How a value is read. */
export interface GetValueOptions<A> {
  /** Default: the one recorded with the object, if it is a built-in one. */
  readonly serializer?: Serializer<A>
}

/** A value with what is known of its object. */
export interface FrameValue<A> extends Omit<FrameObject, "data"> {
  readonly value: A
}

interface ObjectPrograms {
  readonly setObject: (input: SetObjectInput, content: ContentDescription) => Effect.Effect<ObjectInfo, WriteError>
  /** Reads an object, or takes a message of a queue, which stays where `use` fails with it. */
  readonly readAnd: <A, E>(
    key: string,
    use: (object: FrameObject) => Effect.Effect<A, E>,
  ) => Effect.Effect<A, ReadError | E>
}

/** The name under which an unnamed serializer appears in errors. */
const nameOf = (serializer: { readonly name?: string }): string => serializer.name ?? "custom"

const run = <A>(serializer: string, operation: "serialize" | "deserialize", work: () => A | Promise<A>) =>
  Effect.tryPromise({
    try: async () => work(),
    catch: (cause) =>
      new SerializationError({
        serializer,
        operation,
        message: wordsOf(cause),
        cause,
      }),
  })

const describe = ({ name, contentType }: Pick<Serializer<unknown>, "name" | "contentType">): ContentDescription =>
  Object.freeze({
    ...(name === undefined ? {} : { serializer: name }),
    ...(contentType === undefined ? {} : { contentType }),
  })

const undecided = (recorded: string | undefined): string =>
  recorded === undefined
    ? "no serializer is recorded with this object: pass the one that wrote it"
    : `the recorded serializer ${JSON.stringify(recorded)} is not a built-in one: pass it`

/** Stands in where nobody knows how to read the bytes, and says what to do. */
const unknownTo = (recorded: string | undefined): Deserializer => ({
  name: recorded ?? "unknown",
  deserialize: (data) => {
    refusePickle(data)
    throw new Error(undecided(recorded))
  },
})

/** Serializers like to look at `data.buffer`, which small bytes share with others'. */
const ownBuffer = (data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  data.byteLength === data.buffer.byteLength ? data : data.slice()

/** A serializer of the caller's may give anything, too. */
const onlyBytes = (data: Uint8Array): Uint8Array => {
  const problem = problemOfBytes(data)
  if (problem !== undefined) throw new SerializerProblem(`what a serializer gives ${problem}`)
  return data
}

/** Plain JavaScript may name a serializer, forget a half of it, or all options. */
const problemOfSerializer = (
  options: { readonly serializer?: object },
  method: "serialize" | "deserialize",
): InvalidArgument | undefined => {
  const none = problemOfRecord("options", options)
  if (none !== undefined) return none
  const { serializer } = options
  if (serializer === undefined || typeof Reflect.get(Object(serializer), method) === "function") return undefined
  const message = `a serializer is an object with the method ${method}, such as Serializer.json`
  return new InvalidArgument({ argument: "serializer", message })
}

/** Builds the programs over those for bytes. */
export const makeValues = ({ setObject, readAnd }: ObjectPrograms) => {
  const setValue = Effect.fnUntraced(function* <A>(key: string | undefined, value: A, options: SetValueOptions<A>) {
    const problem = problemOfSerializer(options, "serialize")
    if (problem !== undefined) return yield* problem
    const { serializer, ...target } = options
    // The default takes any value and refuses at run time what JSON can't hold.
    const chosen: Serializer<A> = serializer ?? (json as Serializer<A>)
    const data = yield* run(nameOf(chosen), "serialize", async () => onlyBytes(await chosen.serialize(value)))
    return yield* setObject({ ...target, ...(key === undefined ? {} : { key }), data }, describe(chosen))
  })

  const decode = Effect.fnUntraced(function* <A>(object: FrameObject, options: GetValueOptions<A>) {
    const recorded = object.content.serializer
    const builtIn = recorded === undefined ? undefined : serializerFor(recorded)
    // Without a serializer of the caller's the type of the value is the caller's claim.
    const chosen = options.serializer ?? ((builtIn ?? unknownTo(recorded)) as Serializer<A>)
    const { data, ...rest } = object
    const value = yield* run(nameOf(chosen), "deserialize", () => chosen.deserialize(ownBuffer(data)))
    return { ...rest, value } satisfies FrameValue<A>
  })

  const getValue = <A = unknown>(
    key: string,
    options: GetValueOptions<A> = {},
  ): Effect.Effect<FrameValue<A>, ReadError | SerializationError> => {
    const problem = problemOfSerializer(options, "deserialize")
    return problem === undefined ? readAnd(key, (object) => decode(object, options)) : Effect.fail(problem)
  }

  return { setValue, getValue }
}

import type { Serializer } from "../ports/Serializer.ts"
import { bytes } from "./bytes.ts"
import { json } from "./json.ts"
import { messagePack } from "./messagePack.ts"
import { structured } from "./structured.ts"
import { text } from "./text.ts"

/** Every built-in serializer that needs nothing but its name to read, by what is recorded with an object. */
const builtIn: ReadonlyMap<
  string,
  Serializer<never> | Serializer<unknown> | Serializer<string> | Serializer<Uint8Array>
> = new Map([json, messagePack, structured, text, bytes].map((serializer) => [serializer.name ?? "", serializer]))

/** A serializer that reads; what it reads is known only when it is there. */
export type Deserializer = Pick<Serializer<unknown>, "name" | "contentType" | "deserialize">

/** Finds the built-in serializer that was recorded under a name: `json`, `messagePack`, `structured`, `text`, `bytes`. */
export const serializerFor = (name: string): Deserializer | undefined => builtIn.get(name)

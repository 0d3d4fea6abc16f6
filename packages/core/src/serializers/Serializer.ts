import type * as Port from "../ports/Serializer.ts"
import { bytes } from "./bytes.ts"
import { json } from "./json.ts"
import { messagePack } from "./messagePack.ts"
import { schema } from "./schema.ts"
import { structured } from "./structured.ts"
import { text } from "./text.ts"

/** Turns values into bytes and back: a built-in one, or any object with `serialize` and `deserialize`. */
export interface Serializer<A> extends Port.Serializer<A> {}

/** The built-in serializers. */
export const Serializer = { json, schema, messagePack, structured, text, bytes } as const

/**
 * Recognises bytes that Python's `pickle` made, so that an error can say so. They are never executed: unpickling runs
 * whatever program the bytes hold.
 */
import { SerializerProblem } from "./SerializerProblem.ts"

/** What to tell the reader of a pickle. */
export const pickleMessage =
  "the bytes were pickled by a Python client and are never executed: ask their writer for another serializer"

/** Whether bytes begin as a pickle of protocol 2 to 5 does. No JSON, UTF-8 text or value of ours begins so. */
export const isPickle = (data: Uint8Array): boolean => {
  const [first, protocol] = data
  return first === 0x80 && protocol !== undefined && protocol >= 2 && protocol <= 5
}

/** Throws where the bytes are a pickle, and says what to do. */
export const refusePickle = (data: Uint8Array): void => {
  if (isPickle(data)) throw new SerializerProblem(pickleMessage)
}

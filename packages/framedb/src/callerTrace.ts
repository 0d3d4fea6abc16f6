/**
 * Gives errors a stack that names the caller's line.
 *
 * An error is made where an answer arrives, in a callback of a socket, where nobody knows who waits. But a promise knows who awaits it,
 * and V8 follows that when a stack is captured in a reaction of the promise's own chain. So a failure, and only a failure,
 * takes two more turns of the microtask queue: one until the caller's promise hangs on this one, one that captures. A call that
 * succeeds pays nothing.
 */
import {
  BackendError,
  InstanceNotFound,
  IntegrityError,
  InvalidArgument,
  ObjectNotFound,
  ObjectTooLarge,
  SerializationError,
} from "@framedb/core"

const classes: ReadonlyArray<new (fields: never) => Error> = [
  BackendError,
  InstanceNotFound,
  IntegrityError,
  InvalidArgument,
  ObjectNotFound,
  ObjectTooLarge,
  SerializationError,
]

const between = "\n    at "

/** What lies under the line of ours that made the error: the run loop of effects, the same for all. */
const isRunLoop = (frame: string): boolean => /^(Generator\.next|.*~effect\/|FiberImpl\.)/.test(frame)

/** Node's own microtask queue lies under every reaction. */
const isNotNode = (frame: string): boolean => !frame.includes("node:internal/")

/** The class of an error of ours. */
const classOf = (error: unknown) => classes.find((each) => error instanceof each)

/**
 * The same error with a stack that goes on to who awaits it; anything but an error of ours as it is. Each caller gets its own, since
 * several may wait for one read.
 */
const withCaller = (error: unknown): unknown => {
  const errorClass = classOf(error)
  if (errorClass === undefined || !(error instanceof Error)) return error
  const here = { stack: "" }
  Error.captureStackTrace(here, rethrow)
  const callers = here.stack.split(between).slice(1).filter(isNotNode)
  if (callers.length === 0) return error
  // Holds because each class takes what its instances have as fields, and leaves a message aside that it makes itself.
  const copy = new errorClass({ ...error, message: error.message } as never)
  const [first, ...frames] = (error.stack ?? String(error)).split(between)
  const end = frames.findIndex(isRunLoop)
  copy.stack = [first, ...frames.slice(0, end === -1 ? frames.length : end), ...callers].join(between)
  return copy
}

/** Nothing but who awaits the promise lies under this function when it runs. */
function rethrow(error: unknown): never {
  throw withCaller(error)
}

/** A promise that rejects with an error whose stack goes on to who awaits it; with anything but an error of ours as it is. */
export const rejected = (error: unknown): Promise<never> => {
  const rejection = Promise.reject(error)
  return classOf(error) === undefined ? rejection : rejection.then().catch(rethrow)
}

/** An error that says nothing, not even where it was made. */
const blank = new Error()
Reflect.deleteProperty(blank, "stack")

/**
 * Makes an error with a prototype, without a message, whose `stack` is there and `undefined`. It is a copy, because a constructor
 * takes note of where it is called: that takes a kilobyte, which three bytes of a stranger could ask for, and most of the time.
 */
export const blankError = (prototype: object): Error => {
  const error: Error = structuredClone(blank)
  if (Object.getPrototypeOf(error) !== prototype) Object.setPrototypeOf(error, prototype)
  return error
}

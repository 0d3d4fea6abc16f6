/** What was thrown, in words. Anything can be thrown, also what has no message, or none that can be read. */
export const wordsOf = (thrown: unknown): string => {
  try {
    const message = typeof thrown === "object" && thrown !== null && "message" in thrown ? thrown.message : undefined
    return typeof message === "string" ? message : String(thrown)
  } catch {
    return `a ${typeof thrown} was thrown`
  }
}

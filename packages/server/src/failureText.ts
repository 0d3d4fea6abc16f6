const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const cause = error.cause instanceof Error ? error.cause.message : ""
  return error.message === "" ? `${error.name}: ${cause}` : String(error)
}

/** What a server failed with, in one line: its own words, else those of what caused it. */
export const failureText = (error: unknown): string => wordsOf(error).replaceAll(/\s*\n\s*/g, " ")

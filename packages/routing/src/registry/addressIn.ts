/**
 * The host and port in an instance's URL, for people to see. URLs are registered by hand, and a password that was not
 * percent-encoded may hold any sign: nothing that may be a part of one is shown.
 */

/** What stands before the first sign that ends an authority, and the rest. */
const parts = /^(?:[a-z][a-z0-9+._-]*:\/\/)?(?<authority>[^/?#]*)(?<rest>.*)$/is

const hostAndPort = /^(?:\[[0-9a-f:.%]+\]|[^\s:@[\]]+)(?::\d*)?$/i

const afterCredentials = (text: string): string => text.slice(text.lastIndexOf("@") + 1)

/** What stands behind an `@` in the rest: the host, where the password before it holds a sign that ends an authority. */
const addressInRest = (authority: string, rest: string): string | undefined => {
  // Either `12` in `user:12/34@host` is a port and `34@host` a path, or it begins a password: nobody can tell.
  if (hostAndPort.test(afterCredentials(authority))) return undefined
  // Nor can they tell which of several ends the credentials: a parameter may hold a password, too.
  return /@.*[/?#].*@/s.test(rest) ? undefined : /^[^/?#]*/.exec(afterCredentials(rest))?.[0]
}

/**
 * Gives host and port of a URL, or of a text that is meant to be one; `undefined` where there are none, or where they can't be
 * told from a part of a password.
 */
export const addressIn = (url: string): string | undefined => {
  const { authority = "", rest = "" } = parts.exec(url.trim())?.groups ?? {}
  const address = rest.includes("@") ? addressInRest(authority, rest) : afterCredentials(authority)
  return address !== undefined && hostAndPort.test(address) ? address : undefined
}

/** Certificates for private servers that speak TLS. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { ServerError } from "./ServerError.ts"
import type { RunProgram } from "./ServerProcess.ts"

/** A self-signed certificate, in PEM: it is its own authority. */
export type Certificate = string

/** Where `makeCertificate` puts its files. */
export const certificateFiles = (directory: string) => ({
  certificate: join(directory, "certificate.pem"),
  key: join(directory, "key.pem"),
})

/** What a certificate names unless it is told otherwise. */
const thisMachine = ["IP:127.0.0.1", "DNS:localhost"]

/** Makes a key and a certificate that is valid for a day, with the openssl on the PATH: Node can't sign one itself. */
export const makeCertificate = async (
  directory: string,
  run: RunProgram,
  names: ReadonlyArray<string> = thisMachine,
): Promise<void> => {
  const { certificate, key } = certificateFiles(directory)
  const subject = ["-subj", "/CN=localhost", "-addext", `subjectAltName=${names.join(",")}`]
  const keyKind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  const files = ["-keyout", key, "-out", certificate]
  await run("openssl", ["req", "-x509", "-days", "1", ...keyKind, ...subject, ...files])
}

/** Reads the certificate that `makeCertificate` has made. */
export const readCertificate = (directory: string): Effect.Effect<Certificate, ServerError> =>
  Effect.tryPromise({
    try: () => readFile(certificateFiles(directory).certificate, "utf8"),
    catch: (cause) => new ServerError({ server: "openssl", problem: String(cause), log: "" }),
  })

/** What the server says: plain answers, and S3's errors as exceptions that carry their status. */

/** An answer before it is sent. */
export interface S3Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** An error as S3 answers it. */
export class S3Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message = code) {
    super(message)
    this.status = status
    this.code = code
  }
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** A text inside XML. */
export const xmlText = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => entities[character] ?? character)

/** An answer of XML. */
export const xmlAnswer = (status: number, xml: string, headers: Readonly<Record<string, string>> = {}): S3Answer => ({
  status,
  headers: { "content-type": "application/xml", ...headers },
  body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`),
})

/** An answer without a body. */
export const emptyAnswer = (status: number, headers: Readonly<Record<string, string>> = {}): S3Answer => ({
  status,
  headers,
  body: Buffer.alloc(0),
})

/** The body of an error. */
export const refusalAnswer = (status: number, code: string, message: string): S3Answer =>
  xmlAnswer(
    status,
    `<Error><Code>${xmlText(code)}</Code><Message>${xmlText(message)}</Message><RequestId>test</RequestId></Error>`,
  )

/** What can go wrong with an S3 server, on demand. */

/** The operations that the server knows, by S3's names. */
export type S3Operation =
  | "PutObject"
  | "GetObject"
  | "HeadObject"
  | "HeadBucket"
  | "DeleteObject"
  | "ListObjectsV2"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListMultipartUploads"

/** One thing that goes wrong. */
export type S3Fault =
  /** Answers with this error and does nothing. */
  | { readonly kind: "error"; readonly status: number; readonly code: string }
  /** Does what was asked, then drops the connection instead of answering. */
  | { readonly kind: "lostAnswer" }
  /** Does what was asked of it, in no time and with no answer, and keeps the connection open. */
  | { readonly kind: "silence" }
  /** Drops the connection when the request arrives. */
  | { readonly kind: "reset" }
  /** Announces the whole body, sends so many bytes of it, and drops the connection. */
  | { readonly kind: "cutBody"; readonly afterBytes: number }
  /** Announces the whole body, sends so many bytes of it, and then nothing. */
  | { readonly kind: "stallBody"; readonly afterBytes: number }
  /** Sends the body with one bit of this byte changed. */
  | { readonly kind: "flipByte"; readonly atByte: number }
  /** Answers 200 with an error in the body, as S3 does where completing takes long. */
  | { readonly kind: "errorIn200"; readonly code: string }

/** When a fault strikes. */
export interface S3FaultRule {
  readonly fault: S3Fault
  /** Every operation where none is named. */
  readonly operation?: S3Operation
  /** Every object where no key is named. */
  readonly key?: string
  /** How often it strikes; once by default. */
  readonly times?: number
  /** How many matching requests pass before it strikes; none by default. */
  readonly after?: number
}

/** The faults of one server. Each matching request takes the first rule that has strikes left. */
export interface S3Faults {
  readonly inject: (rule: S3FaultRule) => void
  readonly clear: () => void
  /** Takes the fault for a request, if one is due. */
  readonly take: (operation: S3Operation, key: string) => S3Fault | undefined
}

/** Makes an empty list of faults. */
export const makeS3Faults = (): S3Faults => {
  let rules: Array<{ rule: S3FaultRule; left: number; passes: number }> = []
  return {
    inject: (rule) => {
      rules.push({ rule, left: rule.times ?? 1, passes: rule.after ?? 0 })
    },
    clear: () => {
      rules = []
    },
    take: (operation, key) => {
      for (const state of rules) {
        const { rule } = state
        const matches = (rule.operation ?? operation) === operation && (rule.key ?? key) === key
        if (!matches || state.left === 0) continue
        if (state.passes > 0) state.passes--
        else {
          state.left--
          return rule.fault
        }
      }
      return undefined
    },
  }
}

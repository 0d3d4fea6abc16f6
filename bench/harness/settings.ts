/** What every benchmark takes from its command line. */
export interface Settings {
  /** `--short`: a few per cent of the work, to see that the benchmark runs; its figures mean nothing and are not written. */
  readonly short: boolean
  /** `--rounds n`: how many A/B pairs are measured; default 15, in short mode 3. */
  readonly rounds: number
  /** The value of `--name value`, or undefined. */
  readonly option: (name: string) => string | undefined
  /** The command that repeats this run, for the results. */
  readonly command: string
}

/** Reads the settings of the running benchmark from its arguments. */
export const settings = (): Settings => {
  const values = process.argv.slice(2)
  const option = (name: string) => {
    const at = values.indexOf(`--${name}`)
    return at === -1 ? undefined : values[at + 1]
  }
  const short = values.includes("--short")
  const file = process.argv[1]?.replace(/^.*\/bench\//, "bench/") ?? "bench"
  // A folder is one of the machine that measured: what matters is that one was given.
  const given = values.map((value) => (value.includes("/") ? "<folder>" : value))
  const command = ["node", ...process.execArgv, file, ...given].join(" ")
  return { short, rounds: Number(option("rounds") ?? (short ? 3 : 15)), option, command }
}

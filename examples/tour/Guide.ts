/** How the tour speaks: chapters, steps with their times, tables. In colour where a terminal shows it. */
import { styleText } from "node:util"

/** Widths of the first two columns of a step, in characters: 100 columns hold most lines. */
const callWidth = 50
const timeWidth = 10

const say = (line = "") => process.stdout.write(`${line}\n`)

/** A duration with three digits that mean something. */
export const duration = (millis: number): string =>
  millis < 1
    ? `${Math.round(millis * 1000)} µs`
    : millis < 1000
      ? `${millis.toPrecision(3)} ms`
      : `${(millis / 1000).toFixed(1)} s`

/** Speaks, and counts the steps. */
export class Guide {
  #start = performance.now()
  #steps = 0

  /** Begins the tour. */
  welcome(where: string): void {
    this.#start = performance.now()
    say(`${styleText("bold", "FrameDB")}, a tour ${where}`)
  }

  /** Begins a chapter: its title, and in a sentence or two what it shows. */
  chapter(title: string, ...words: ReadonlyArray<string>): void {
    say()
    say(styleText(["bold", "cyan"], title))
    for (const line of words) say(styleText("dim", line))
    say()
  }

  /** Does one thing, and says what was called, how long it took and what came of it. */
  async step<A>(call: string, work: () => Promise<A>, outcome: (result: A) => string): Promise<A> {
    const start = performance.now()
    const result = await work()
    const time = duration(performance.now() - start)
    this.#steps++
    const mark = styleText("green", "✓")
    say(`  ${mark} ${call.padEnd(callWidth)} ${styleText("dim", time.padStart(timeWidth))}  ${outcome(result)}`)
    return result
  }

  /** Lets something fail, and says how. Fails itself where it doesn't. */
  async refusal(call: string, work: () => Promise<unknown>, tag: string): Promise<void> {
    const attempt = async () => {
      const error = await work().then(
        () => new Error(`${call} was expected to fail with ${tag}`),
        (thrown: unknown) => thrown,
      )
      if (error instanceof Error && (("_tag" in error && error._tag === tag) || error.name === tag)) return error
      throw error
    }
    await this.step(call, attempt, (error) => `${styleText("yellow", tag)}: ${error.message}`)
  }

  /** Says something between two steps. */
  note(words: string): void {
    say(styleText("dim", `    ${words}`))
  }

  /** Shows rows under a head, every column as wide as it has to be. */
  table(head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): void {
    const cells = rows.map((row) => row.map(String))
    const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)))
    const line = (row: ReadonlyArray<string>) =>
      `    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("   ")}`.trimEnd()
    say()
    say(styleText("bold", line(head)))
    say(styleText("dim", `    ${widths.map((width) => "─".repeat(width)).join("   ")}`))
    for (const row of cells) say(line(row))
  }

  /** Ends the tour. */
  end(...words: ReadonlyArray<string>): void {
    say()
    say(
      styleText("bold", `${this.#steps} steps in ${duration(performance.now() - this.#start)}, each as it should be.`),
    )
    for (const line of words) say(line)
  }
}

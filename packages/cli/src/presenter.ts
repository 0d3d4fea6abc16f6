/** How help and faulty command lines are shown. */
import { CliOutput } from "effect/cli"
import { complain } from "./say.ts"

/**
 * Shows a faulty command line in one line on the error output, where the library would print the whole help on the standard one:
 * into the file or the program that waits for the command's output.
 */
export const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const problem = event.errors.map(({ message }) => message.replaceAll(/\s*\n\s*/g, " ")).join("; ")
    return complain(`framedb: ${problem} (${event.commandPath.join(" ")} --help says more)`)
  },
}

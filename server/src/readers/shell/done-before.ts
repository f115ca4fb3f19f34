/** Whether a command runs at every start, by the tests in front of it. */
import type { ShellCommand, ShellGuard } from '../../config/shell-facts.js'

/** Which of several processes it is: one of them passes the test at every start. */
const rank =
  /\$\{?(\w*RANK|SLURM_(PROC|NODE|LOCAL)ID|JOB_COMPLETION_INDEX|AWS_BATCH_JOB_NODE_INDEX|HOSTNAME)\b/
const fileTest = /^(?:\[\[?|test)\s+-[defrs]\s+["']?([^\s"']+)["']?(?:\s+\]\]?)?$/
const toolTest = /^(!\s*)?(?:command\s+-v|which|type|hash)\s+([\w.-]+)/
/** What packages are installed with, and what tells which ones fit the machine. */
const installers = /^(uv|pip3?|conda|mamba|micromamba|poetry|nvidia-smi|rocm-smi|nvcc)$/

const textOf = (command: ShellCommand): string => command.words.map(({ raw }) => raw).join(' ')

/** What the command makes may be there: an earlier start or the image has left it, as a test in front of it asks. */
export function mayBeDoneBefore(command: ShellCommand): boolean {
  return (command.guards ?? []).some((guard) => !asksForSomethingElse(guard, textOf(command)))
}

function asksForSomethingElse({ test, holds }: ShellGuard, command: string): boolean {
  if (rank.test(test)) return true
  // `[ -f requirements.txt ] && pip install -r requirements.txt`.
  const file = fileTest.exec(test)?.[1]
  if (file !== undefined) return holds && command.includes(file)
  const tool = toolTest.exec(test)
  if (tool === null) return false
  const isThere = (tool[1] === undefined) === holds
  // `if command -v uv; then uv pip install …; else pip install …; fi`: one of both runs.
  return isThere || (installers.test(tool[2]!) && !new RegExp(`(install|sh).*\\b${tool[2]}\\b`).test(command))
}

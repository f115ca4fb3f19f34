/** The script of a run of SDK v1 with its arguments, as the command line that the service makes of them. */
import type { ShellWord } from '../../config/shell-facts.js'
import { parseLaunch } from '../../link/launch-line.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Span } from '../../text/location.js'
import { quotedPattern } from '../../text/quoted-pattern.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { bareCommand } from '../bare-command.js'
import { claimShellLaunch } from '../shell/launches.js'
import { wordsOf } from '../words-in-code.js'
import { folderOf } from './job-claims.js'
import { launcherOf, type RunOfScript, sharingIn } from './script-start.js'

/** What is returned is why others may use the machines as well; null: they do not. */
export function claimScriptWords(
  python: PythonModule,
  claims: ClaimBuilder,
  script: ArgumentValue,
  values: ArgumentValue,
  run: RunOfScript,
): string | null {
  const name = textArgument(script)
  const shown = passedExpression(script)
  if (shown === null || name === null) return 'a script that cannot be read'
  const span = { start: shown.start, end: shown.end }
  const given = wordsOf(python, values)
  const word = (text: string): ShellWord => ({ text, raw: text, ...span })
  // The script may be named from the top of the project though it is uploaded from its folder.
  const inside = run.folder === null ? null : folderOf(run.folder)
  const short =
    inside === null || inside === ''
      ? name
      : name.replace(new RegExp(`^(\\./)?${quotedPattern(inside)}/`), '')
  const words = [word('python'), word(short), ...(given ?? [])]
  const locate = (at: Span) => claims.locate(at)
  const parts = parseLaunch(words, [], locate)
  if (parts === null) return 'a script that cannot be read'
  const complete = parts.complete && given !== null && run.complete
  claimShellLaunch(
    claims,
    { command: bareCommand(words, span), parts: { ...parts, complete, ...launcherOf(run.start, parts) } },
    {
      job: run.job,
      id: run.id,
      place: span,
      folder: inside,
      placed: inside !== null,
      nodes: effective(run.start.nodes) ?? null,
    },
  )
  return sharingIn(run.start)
}

/** The script of a run of SDK v1 with its arguments, as the command line that the service makes of them. */
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import { parseLaunch } from '../../link/launch-line.js'
import type { ArgumentValue, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { foldedValue } from '../search/plain-argument.js'
import { claimShellLaunch } from '../shell/launches.js'
import { folderOf } from './job-claims.js'
import { launcherOf, type RunOfScript, sharingIn } from './script-start.js'

/** Null where it is not known how many words there are. `['--lr', 0.1, '--data', folder]` */
export function wordsOf(python: PythonModule, given: ArgumentValue): ShellWord[] | null {
  if (given.state === 'absent') return []
  if (given.state === 'unknown' || python.isChanged(given.expr)) return null
  const value = python.definition(given.expr)
  if (value.type === 'list' || value.type === 'tuple') {
    if (value.items.some((item) => item.type === 'starred')) return null
    return value.items.map((item) => wordOf(python, item))
  }
  if (value.type !== 'dict') return foldedValue(given) === null ? [] : null
  // An estimator puts names and values behind each other.
  const words: ShellWord[] = []
  for (const { key, value: one } of value.entries) {
    if (key === null) return null
    words.push(wordOf(python, key))
    const word = wordOf(python, one)
    // `{'--use-gpu': ''}` is a flag without a value.
    if (word.text !== '') words.push(word)
  }
  return words
}

function wordOf(python: PythonModule, expr: Expr): ShellWord {
  const folded = python.fold(expr)
  const text = folded.state === 'known' && !folded.overridable ? asText(folded.value) : null
  return { text, raw: text ?? '$', start: expr.start, end: expr.end }
}

/** As the service writes it on the command line; null: not readable. */
function asText(value: Json): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return typeof value === 'boolean' ? (value ? 'True' : 'False') : null
}

/** What is returned is why others may use the machines as well; null: they do not. */
export function claimScriptWords(
  python: PythonModule,
  claims: ClaimBuilder,
  script: ArgumentValue,
  values: ArgumentValue,
  run: RunOfScript,
): string | null {
  const name = foldedValue(script)
  if (script.state !== 'given' || typeof name !== 'string') return 'a script that cannot be read'
  const span = { start: script.span.start, end: script.span.end }
  const given = wordsOf(python, values)
  const word = (text: string): ShellWord => ({ text, raw: text, ...span })
  // The script may be named from the top of the project though it is uploaded from its folder.
  const inside = run.folder === null ? null : folderOf(run.folder)
  const short =
    inside === null || inside === '' ? name : name.replace(new RegExp(`^(\\./)?${escaped(inside)}/`), '')
  const words = [word('python'), word(short), ...(given ?? [])]
  const locate = (at: Span) => claims.locate(at)
  const parts = parseLaunch(words, [], locate)
  if (parts === null) return 'a script that cannot be read'
  const command: ShellCommand = {
    words,
    environment: [],
    ...span,
    loops: [],
    background: false,
    failureIgnored: false,
    unreachable: false,
    folder: '',
  }
  const complete = parts.complete && given !== null && run.complete
  claimShellLaunch(
    claims,
    { command, parts: { ...parts, complete, ...launcherOf(run.start, parts) } },
    { job: run.job, id: run.id, place: span, folder: inside, placed: inside !== null, nodes: run.nodes },
  )
  return sharingIn(run.start)
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

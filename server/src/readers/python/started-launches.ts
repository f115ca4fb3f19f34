/** Launches that a Python program hands to the system: `subprocess.run(['torchrun', '--nproc_per_node=8', 'train.py'])`. */
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { isLeftOut, textArgument } from '../../values/argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { bareCommand } from '../bare-command.js'
import { appendedTo, commandOutline } from '../command-outline.js'
import { defineReader, importing, type ReaderContext } from '../reader.js'
import { claimShellLaunch, type FoundLaunch, launchesOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { wordOf } from '../words-in-code.js'

const starters = /^(subprocess\.(run|call|Popen|check_call|check_output)|os\.(system|popen))$/

export const startedLaunchesReader = defineReader({
  name: 'started-launches',
  languages: ['python'],
  leads: importing('subprocess'),
  triggers: ['subprocess'],
  read(facts, context, claims) {
    const { python, fragment } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const call of python.calls) {
      if (asksForMachine(python, call.function)) continue
      for (const { launches, place, folder } of startedBy(python, context, claims, call))
        launches.forEach((launch, index) => {
          const id = `${claims.path}#started@${fragment.index}:${place.start}${index === 0 ? '' : `:${index}`}`
          claimShellLaunch(claims, launch, { job: null, id, place, folder })
        })
    }
  },
  change: () => ({ reason: 'the command is put together in the program' }),
})

interface Started {
  commands: ShellCommand[]
  launches: FoundLaunch[]
  place: Place
  folder: string | null
}

/** What a call hands to the system. */
function startedBy(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  call: Call,
): Started[] {
  if (!starters.test(call.name ?? '')) return []
  const [first] = call.expr.args
  const commands = first === undefined || first.star > 0 ? [] : commandsIn(python, context, first.value)
  if (commands.length === 0) return []
  const given = python.argument(call, 'cwd')
  const folder = isLeftOut(given) ? '' : textArgument(given)
  const { start, end } = first!.value
  const place = { start, end }
  // Tools of Python itself, and programs that something else makes.
  const launches = launchesOf(commands, () => claims.locate(place)).filter(
    ({ parts }) => parts.program.path !== null || parts.launcher !== 'python',
  )
  return [{ commands, launches, place, folder }]
}

/** `@app.function(gpu='A100')`, `@resources(gpu=8)`: what it starts is a launch of that job. */
function asksForMachine(python: PythonModule, func: Func | null): boolean {
  return (func?.node.decorators ?? []).some(
    (one) =>
      one.type === 'call' &&
      /\bgpu/i.test(python.code.slice(one.start, one.end)) &&
      ((one.callee.type === 'attribute' && one.callee.attr === 'function') ||
        /^(metaflow|flytekit|zenml)\./.test(python.nameOf(one.callee) ?? '')),
  )
}

/** Programs that the function of a job starts, as launches of the job. False: it starts none that can be read. */
export function claimStarted(
  claims: ClaimBuilder,
  python: PythonModule,
  context: ReaderContext,
  compute: SubjectBuilder<'Compute'>,
  func: Func,
): boolean {
  const { job } = compute.subject
  const found = python.calls
    .filter((call) => call.function === func)
    .flatMap((call) => startedBy(python, context, claims, call))
  if (job === null) return found.some(({ launches }) => launches.length > 0)
  const before = claims.extraction.launches.length
  for (const { commands, launches, place, folder } of found) {
    const id = `${job}:${place.start}`
    launches.forEach((launch, index) => {
      claimShellLaunch(claims, launch, { job, id: index === 0 ? id : `${id}:${index}`, place, folder })
    })
    if (launches.length === 0)
      claimScriptCalls(claims, commands, { job, id, place, nodes: 1, folder }, () => claims.locate(place))
  }
  return claims.extraction.launches.length > before
}

/** The commands that an argument of `subprocess.run` or `os.system` stands for, as far as they can be read. */
export function commandsIn(python: PythonModule, context: ReaderContext, expr: Expr): ShellCommand[] {
  const items = itemsOf(python, expr)
  if (items !== null) {
    const words = [...items.map((item) => argumentOf(python, item)), ...addedWords(python, expr)]
    return words.length < 2 ? [] : [bareCommand(words, expr)]
  }
  // `shlex.split('torchrun train.py')`, `'…'.split()`
  const value = python.definition(expr)
  const split = value.type === 'call' ? python.callOf(value) : null
  const source = (split === null ? null : sourceOf(split)) ?? expr
  const text = wordOf(python, source).text ?? commandOutline(python, source)
  return (text === null ? [] : context.shell(text).commands).map((one) => at(one, expr))
}

/** Of a list, with those of lists that are added to it: `command += ['--fast']`. */
function itemsOf(python: PythonModule, expr: Expr): Expr[] | null {
  const appended = expr.type === 'name' ? appendedTo(python, expr) : null
  const lists = (appended ?? [expr]).flatMap((one) => summands(python, one, 0))
  const items = lists.flatMap((one): Expr[] | null[] =>
    one.type === 'list' || one.type === 'tuple' ? one.items : [null],
  )
  return items.every((one) => one !== null) ? items : null
}

/** `['python', 'train.py'] + OPTIONS`: both lists, one behind the other. */
function summands(python: PythonModule, expr: Expr, depth: number): Expr[] {
  const value = python.definition(expr)
  if (value.type !== 'binary' || value.op !== '+' || depth > deepest) return [value]
  return [value.left, value.right].flatMap((one) => summands(python, one, depth + 1))
}

const deepest = 5

/** `command.append('--fast')`, `command.extend(['--lr', '0.1'])` */
function addedWords(python: PythonModule, expr: Expr): ShellWord[] {
  const added = python.addedItems(expr)
  if (added === null) return [anyWords(expr)]
  return added.flatMap(({ value, spread, certain }) => {
    if (!certain) return [anyWords(value)]
    const list = spread ? python.definition(value) : null
    if (list === null) return [argumentOf(python, value)]
    return list.type === 'list' || list.type === 'tuple'
      ? list.items.map((item) => argumentOf(python, item))
      : [anyWords(value)]
  })
}

/** Words that are added later. */
function anyWords({ start, end }: Span): ShellWord {
  return { text: null, raw: '$', start, end, splits: true }
}

function sourceOf(call: Call): Expr | null {
  if (call.name === 'shlex.split') return call.expr.args[0]?.value ?? null
  const { callee, args } = call.expr
  return call.method === 'split' && args.length === 0 && callee.type === 'attribute' ? callee.value : null
}

/** The interpreter that runs the program runs the other one too. */
function argumentOf(python: PythonModule, item: Expr): ShellWord {
  if (item.type === 'starred') return anyWords(item)
  const word = wordOf(python, item)
  return python.nameOf(item) === 'sys.executable' ? { ...word, text: 'python', raw: 'python' } : word
}

/** Words of a string have no places of their own. */
function at(command: ShellCommand, { start, end }: Span): ShellCommand {
  return { ...command, start, end, words: command.words.map((word) => ({ ...word, start, end })) }
}

/** Launches that a Python program hands to the system: `subprocess.run(['torchrun', '--nproc_per_node=8', 'train.py'])`. */
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { isLeftOut, textArgument } from '../../values/argument.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { bareCommand } from '../bare-command.js'
import { defineReader, importing, type ReaderContext } from '../reader.js'
import { claimShellLaunch, type FoundLaunch, launchesOf } from '../shell/launches.js'
import { wordOf } from '../words-in-code.js'

const starters = /^subprocess\.(run|call|Popen|check_call|check_output)$/

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
      for (const { launch, place, folder } of startedBy(python, context, claims, call)) {
        const id = `${claims.path}#started@${fragment.index}:${place.start}`
        claimShellLaunch(claims, launch, { job: null, id, place, folder })
      }
    }
  },
  change: () => ({ reason: 'the command is put together in the program' }),
})

interface Started {
  launch: FoundLaunch
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
  const command = first === undefined || first.star > 0 ? null : commandIn(python, context, first.value)
  if (command === null) return []
  const given = python.argument(call, 'cwd')
  const folder = isLeftOut(given) ? '' : textArgument(given)
  const { start, end } = first!.value
  const place = { start, end }
  return (
    launchesOf([command], () => claims.locate(place))
      // Tools of Python itself, and programs that something else makes.
      .filter(({ parts }) => parts.program.path !== null || parts.launcher !== 'python')
      .map((launch) => ({ launch, place, folder }))
  )
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
  for (const { launch, place, folder } of job === null ? [] : found)
    claimShellLaunch(claims, launch, { job, id: `${job}:${place.start}`, place, folder })
  return found.length > 0
}

function commandIn(python: PythonModule, context: ReaderContext, expr: Expr): ShellCommand | null {
  const value = python.definition(expr)
  if (value.type === 'list' || value.type === 'tuple') {
    const { items } = value
    if (items.length < 2 || python.isChanged(expr)) return null
    return bareCommand(
      items.map((item) => argumentOf(python, item)),
      expr,
    )
  }
  // `shlex.split('torchrun train.py')`, `'…'.split()`
  const split = value.type === 'call' ? python.callOf(value) : null
  const source = split === null ? value : sourceOf(split)
  const text = source === null ? null : wordOf(python, source).text
  const [only, ...more] = text === null ? [] : context.shell(text).commands
  return only === undefined || more.length > 0 ? null : at(only, expr)
}

function sourceOf(call: Call): Expr | null {
  if (call.name === 'shlex.split') return call.expr.args[0]?.value ?? null
  const { callee, args } = call.expr
  return call.method === 'split' && args.length === 0 && callee.type === 'attribute' ? callee.value : null
}

/** The interpreter that runs the program runs the other one too. */
function argumentOf(python: PythonModule, item: Expr): ShellWord {
  if (item.type === 'starred') return { text: null, raw: '$', start: item.start, end: item.end, splits: true }
  const word = wordOf(python, item)
  return python.nameOf(item) === 'sys.executable' ? { ...word, text: 'python', raw: 'python' } : word
}

/** Words of a string have no places of their own. */
function at(command: ShellCommand, { start, end }: Span): ShellCommand {
  return { ...command, start, end, words: command.words.map((word) => ({ ...word, start, end })) }
}

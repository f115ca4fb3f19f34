/** An option of the program that is named for going on from a checkpoint, and that nothing uses. */
import type { Call, ProgramArgument, PythonModule } from '../python/module.js'
import type { Span } from '../text/location.js'
import { once } from '../text/once.js'
import type { SubjectBuilder } from '../workload/builder.js'
import { readsBack } from './reads-back.js'

const named =
  /^(resume\w*|restore(_\w+)?|(load|from|init)_?(checkpoint|ckpt|snapshot)\w*|(checkpoint|ckpt|snapshot)(_?(path|file))?|load(_(model|weights|state|path|epoch|from))?|(start|initial)_epoch|continue(_train(ing)?)?)$/i

/** A program has a few such options, and a few dozen in all. */
const most = 8
const mostOptions = 200

export function claimUnusedOption(python: PythonModule, training: SubjectBuilder<'Training'>): void {
  const option = unusedOption(python)
  if (option === null) return
  const place = placeOf(python, option)
  if (place !== null) training.known('unusedResumeOption', 'option', `--${option.flags.at(-1)!}`, place)
}

function unusedOption(python: PythonModule): ProgramArgument | null {
  return once(python, 'unused option to resume', () => {
    const options = python.programArguments
    const wanted = options.filter(({ name, flags }) => named.test(name) && flags.length > 0).slice(0, most)
    const seen = wanted.filter((one) => placeOf(python, one) !== null)
    const found = readsBack(python)
      ? seen.find((one) => spellingsOf(options, one).every((each) => usesOf(python, each).length === 0))
      : seen.find((one) => !isOfSaving(python, one))
    return found === undefined || areHandedOut(python, options) ? null : found
  })
}

/** The same option, also under a name that the program gives it once it is parsed. */
function spellingsOf(options: readonly ProgramArgument[], { flags }: ProgramArgument): ProgramArgument[] {
  return options.filter((one) => one.flags[0] === flags[0])
}

function isWrittenHere(python: PythonModule, { start, end }: Span): boolean {
  return python.text.slice(start, end).includes('add_argument(')
}

/** Where it is made, or where the options of another module are read; null: what becomes of it is not seen here. */
function placeOf(python: PythonModule, { name, flags, span }: ProgramArgument): Span | null {
  const own = python.text.slice(span.start, span.end)
  if (own.includes('add_argument(') && own.includes(flags[0]!)) return span
  const [start] = placesOf(python, name)
  return start === undefined || python.code[start - 1] !== '.' ? null : { start, end: start + name.length }
}

/** Where its name stands beside where it is made, where it is only shown, and where it gets another name that nobody reads. */
function usesOf(python: PythonModule, { name, span }: ProgramArgument): number[] {
  const shown = python.calls.filter(isShown).map(({ expr }) => expr)
  const own = isWrittenHere(python, span) ? [span] : []
  const around = [...own, ...shown].sort((a, b) => a.start - b.start)
  let next = 0
  let until = 0
  return placesOf(python, name).filter((at) => {
    for (let one = around[next]; one !== undefined && one.start <= at; one = around[++next])
      until = Math.max(until, one.end)
    return at >= until && !isKeptForNothing(python, at)
  })
}

function placesOf(python: PythonModule, name: string): number[] {
  return [...python.code.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].map(({ index }) => index)
}

/** `LOAD_CHECKPOINT = args.load_checkpoint`, and no word of it afterwards. */
function isKeptForNothing(python: PythonModule, at: number): boolean {
  const statement = python.statementAt(at)
  if (statement?.type !== 'assign' || statement.value?.type !== 'attribute') return false
  const [target] = statement.targets
  return target?.type === 'name' && wordCounts(python).get(target.id) === 1
}

function wordCounts(python: PythonModule): ReadonlyMap<string, number> {
  return once(python, 'word counts', () => {
    const counts = new Map<string, number>()
    for (const [word] of python.code.matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1)
    return counts
  })
}

/** `args.checkpoint_path`, which the program writes to. */
function isOfSaving(python: PythonModule, option: ProgramArgument): boolean {
  return usesOf(python, option).some((at) => {
    const { start, end } = python.statementAt(at) ?? { start: at, end: at }
    return /save|dump|write|dir|join|Path\(|Checkpoint\(/.test(
      python.code.slice(start, end).replaceAll(option.name, ''),
    )
  })
}

const isShown = ({ name, method }: Call): boolean =>
  /^(print|pprint)$/.test(method) || /^(logging|loguru|rich)\./.test(name ?? '')

/** Libraries that write options down, and what makes a dictionary of them. */
const writesDown = /^(wandb|mlflow|comet_ml|neptune|json|yaml|pprint|logging|copy)\./
const reshapes = /^(print|pprint|vars|str|repr|dict|asdict|len|getattr|hasattr|setattr|log_\w+|info|debug)$/

/** All options together go to code that is not in this file, which may use any of them. */
function areHandedOut(python: PythonModule, options: readonly ProgramArgument[]): boolean {
  const names = options.map(({ name }) => name).filter((name) => /^\w+$/.test(name))
  if (names.length === 0 || names.length > mostOptions) return true
  const read = new RegExp(`(?<![\\w.])((?:self\\.)?\\w+)\\.(?:${names.join('|')})\\b`, 'g')
  const holders = new Set([...python.code.matchAll(read)].map(([, holder]) => holder))
  const holds = ({ start, end }: { start: number; end: number }) => holders.has(python.code.slice(start, end))
  return python.calls.some(({ name, method, expr }) => {
    if (!expr.args.some(({ value }) => holds(value))) return false
    if (writesDown.test(name ?? '') || reshapes.test(method)) return false
    return python.functionOf(expr.callee) === null && python.classOf(expr.callee) === null
  })
}

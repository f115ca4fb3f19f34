/** Inputs of a step that are new each time: a clock, a random name, the number of the run. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import type { StepWork } from '../../workload/resource-kinds.js'
import { parameterDefault } from '../sagemaker/parameters.js'

export interface Volatile {
  /** As the code writes it: 'datetime.now()'. */
  what: string
  /** New in each run wherever the pipeline is kept; else only when its definition is made again. */
  placeholder: boolean
  place: Place
}

const clocks =
  /^(datetime\.datetime\.(now|utcnow)|time\.(time|time_ns|ctime|monotonic|perf_counter)|pandas\.Timestamp\.(now|utcnow)|pandas\.to_datetime)$/
const randoms =
  /^(uuid\.uuid[14]|random\.(random|randint|choices?|randrange|sample|uniform|getrandbits)|secrets\.\w+|numpy\.random\.(rand|randint|random|randn|choice|uniform)|sagemaker\.utils\.(unique_)?name_from_base|shortuuid\.uuid)$/
const formats = /^(time\.strftime|time\.gmtime|time\.localtime)$/

/** What the engine replaces by the number or the time of the run. */
const placeholders =
  /^(kfp\.(v2\.)?dsl\.(PIPELINE_JOB_(ID|NAME|RESOURCE_NAME|CREATE_TIME_UTC)_PLACEHOLDER|PIPELINE_TASK_ID_PLACEHOLDER|RUN_ID_PLACEHOLDER|EXECUTION_ID_PLACEHOLDER)|kfp\.dsl\._?\w*\.?RUN_ID_PLACEHOLDER|sagemaker(\.mlops)?\.workflow\.(execution_variables\.)?ExecutionVariables\.(START_DATETIME|CURRENT_DATETIME|PIPELINE_EXECUTION_ID|PIPELINE_EXECUTION_ARN)|sagemaker\.core\.workflow\.(execution_variables\.)?ExecutionVariables\.\w+)$/
const placeholderText =
  /\{\{\s*(workflow\.(uid|name|creationTimestamp)|\$\.pipeline_(job_(uuid|name)|task_uuid))\s*\}\}|\[\[CurrentTimestamp\.?/

/** Only the day, the month or the year: new once a day, which a daily run means. */
const clock = /%[HMSfsXcpIT]|[Hh]{2}:?mm/

const deepest = 6

/** What makes a value new each time; null: nothing that can be seen. */
export function volatileIn(python: PythonModule, expr: Expr, depth = 0): Volatile | null {
  if (depth > deepest) return null
  const here = (what: string, placeholder: boolean): Volatile => ({
    what,
    placeholder,
    place: { start: expr.start, end: expr.end },
  })
  if (expr.type === 'constant')
    return typeof expr.value === 'string' && placeholderText.test(expr.value)
      ? here(placeholderText.exec(expr.value)![0], true)
      : null
  if (expr.type === 'name' || expr.type === 'attribute') {
    const name = python.nameOf(expr)
    if (name !== null && placeholders.test(name)) return here(textOf(python, expr), true)
    const value = python.definition(expr)
    if (value !== expr) return volatileIn(python, value, depth + 1)
    return expr.type === 'attribute' ? volatileIn(python, expr.value, depth + 1) : null
  }
  if (expr.type === 'call') {
    const call = python.callOf(expr)
    if (call === null) return null
    if (isCoarse(python, call)) return null
    if (call.name !== null) {
      if (clocks.test(call.name) && call.name !== 'pandas.to_datetime')
        return here(textOf(python, expr), false)
      if (formats.test(call.name) && expr.args.length < 2) return here(textOf(python, expr), false)
      if (randoms.test(call.name) && !isSeeded(python, call.name)) return here(textOf(python, expr), false)
    }
    if (expr.callee.type === 'attribute') {
      const inner = volatileIn(python, expr.callee.value, depth + 1)
      // `datetime.now().strftime(…)` as a whole, where it is written in one piece.
      if (inner !== null)
        return inner.place.start === expr.start
          ? { ...inner, place: { start: expr.start, end: expr.end } }
          : inner
    }
    const parameter = parameterDefault(python, expr)
    if (parameter !== null) return volatileIn(python, parameter, depth + 1)
    // A function of the project gives what it returns: too far to see.
    if (!transparent.test(call.name ?? call.method)) return null
    // `int(time.time() / 3600)`
    const [first] = expr.args
    if (/^(int|round)$/.test(call.method) && first?.value.type === 'binary' && first.value.op === '/')
      return null
    for (const argument of expr.args) {
      const inner = volatileIn(python, argument.value, depth + 1)
      if (inner !== null) return inner
    }
    return null
  }
  if (expr.type === 'fstring') {
    for (const part of expr.parts) {
      if (typeof part === 'string') {
        const placeholder = placeholderText.exec(part)
        if (placeholder !== null) return here(placeholder[0], true)
        continue
      }
      const found = volatileIn(python, part, depth + 1)
      if (found === null) continue
      if (part.type !== 'other' || part.children[0] === undefined) return found
      // `{datetime.now():%Y%m%d}` is the day only.
      const inner = part.children[0]
      const format = python.text.slice(inner.end, part.end)
      if (format.includes('%') && !clock.test(format)) continue
      const whole = found.place.start === inner.start && found.place.end <= part.end
      return whole ? { ...found, place: { start: inner.start, end: part.end - 1 } } : found
    }
    return null
  }
  // `time.time() // 3600`: new once an hour, which is meant.
  if (expr.type === 'binary' && expr.op === '//') return null
  // Steps that are set up inside an expression have inputs of their own.
  if (expr.type === 'lambda' || expr.type === 'comprehension') return null
  for (const child of childrenOf(expr)) {
    const inner = volatileIn(python, child, depth + 1)
    if (inner !== null) return inner
  }
  return null
}

/** Calls whose result is new where an argument is. */
const transparent =
  /^(str|int|float|repr|round|format|join|dict|list|tuple|replace|os\.path\.join|posixpath\.join|hex|sagemaker(\.core)?\.(workflow|helper)\.functions?\.Join|.*\.Join|Join)$/

/** `now().strftime('%Y-%m-%d')`, `.date()`: the day. */
function isCoarse(python: PythonModule, call: Call): boolean {
  if (call.method === 'date' || call.method === 'today') return true
  if (call.method !== 'strftime') return false
  const format = call.expr.args[call.name === 'time.strftime' ? 0 : 0]
  const known = format === undefined ? undefined : effective(python.fold(format.value))
  return typeof known === 'string' && !clock.test(known)
}

function isSeeded(python: PythonModule, name: string): boolean {
  return (
    (name.startsWith('random.') && python.usesHere('random.seed')) ||
    (name.startsWith('numpy.random.') && python.usesHere('numpy.random.seed'))
  )
}

function textOf(python: PythonModule, expr: Expr): string {
  const text = python.text.slice(expr.start, expr.end).replace(/\s+/g, ' ')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** Inputs that only name something for people to read, or say for which time a step is meant to work. */
const names =
  /(^|_)(display|job|run|task|experiment|model|endpoint|dataset|package|pipeline|workflow|execution|base_job)_?(display_)?name($|_)|^(name|display_name|label|labels|tags|description|title|comment|wait|experiment|project|location|region|network|service_account|api_endpoint|metadata)$/
const times =
  /(^|_)(date|day|week|month|until|since|as_?of|start|end|window|now|horizon|partition|from|to)(_|$)/
const outputs =
  /(^|_)(out|output|outputs|model|models|checkpoint|checkpoints|log|logs|artifact|artifacts|save|export|staging|dest|destination|target|job)(_?(dir|path|uri|folder|location|prefix|bucket|root|s3_uri|file|table))?($|_)/

export function isLabel(input: string): boolean {
  return names.test(input.toLowerCase())
}

/**
 * True for an input that should be the same in each run. Not: labels; times, since a new time means new work; and, but
 * for steps that prepare, the place where a step writes (each training keeps a model of its own).
 */
export function isInput(input: string, work: readonly StepWork[]): boolean {
  const name = input.toLowerCase()
  if (names.test(name) || times.test(name)) return false
  return !outputs.test(name) || work.includes('prepare')
}

/** In lists of arguments and dictionaries the name beside the value tells what it is for. */
export function volatileInput(
  python: PythonModule,
  expr: Expr,
  input: string,
  work: readonly StepWork[],
  depth = 0,
): (Volatile & { input: string }) | null {
  if (depth > deepest || isLabel(input)) return null
  const value = python.definition(expr)
  if (value.type === 'dict') {
    for (const entry of value.entries) {
      const key = entry.key === null ? undefined : effective(python.fold(entry.key))
      const name = key === undefined ? input : String(key)
      const found = volatileInput(python, entry.value, name, work, depth + 1)
      if (found !== null) return found
    }
    return null
  }
  if (value.type === 'list' || value.type === 'tuple') {
    let flag = input
    for (const item of value.items) {
      const folded = item.type === 'constant' ? item.value : null
      const found = isInput(flag, work) ? volatileInput(python, item, flag, work, depth + 1) : null
      if (found !== null) return found
      flag =
        typeof folded === 'string' && folded.startsWith('-')
          ? folded.replace(/^-+/, '').replace(/-/g, '_')
          : input
    }
    return null
  }
  if (value.type === 'call') {
    const call = python.callOf(value)
    if (call !== null && /^(ProcessingInput|TrainingInput|TransformInput)$/.test(call.method)) {
      const source = python.argument(
        call,
        call.method === 'TransformInput' ? 'data' : call.method === 'TrainingInput' ? 's3_data' : 'source',
        0,
      )
      const expr = passedExpression(source)
      return expr === null ? null : volatileInput(python, expr, input, work, depth + 1)
    }
  }
  if (!isInput(input, work)) return null
  const found = volatileIn(python, expr)
  return found === null ? null : { ...found, input }
}

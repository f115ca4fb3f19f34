/** A grid of which each task of a job array trains one entry: `grid[int(os.environ['SLURM_ARRAY_TASK_ID'])]`. */
import { distinctCount } from '../../estimate/dimension.js'
import { functionAt } from '../../python/definition-places.js'
import type { PythonModule } from '../../python/module.js'
import type { ValuePlace } from '../../python/possible.js'
import { onlyReturn } from '../../python/returns.js'
import type { CallExpr, Expr, Stmt } from '../../syntax/python-ast.js'
import { forEachChild, forEachExpression } from '../../syntax/python-children.js'
import type { Location } from '../../text/location.js'
import { lookUp } from '../../text/records.js'
import { passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Binding } from '../../workload/claim.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { claimHandGrid } from '../hand-grid.js'
import { trainsAnywhere, tuningEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'
import { type Factor, listedConfigurations, parameterGrid, productOf } from './grid-factors.js'
import { hyperparameter } from './hyperparameter-names.js'
import { type Axis, axesIn } from './unfolded-task.js'

/** What tells a task its number: Slurm, Kubernetes, AWS Batch, PBS, Grid Engine, LSF, Google Batch, Cloud Run. */
const variables = [
  'SLURM_ARRAY_TASK_ID',
  'JOB_COMPLETION_INDEX',
  'AWS_BATCH_JOB_ARRAY_INDEX',
  'PBS_ARRAY_INDEX',
  'PBS_ARRAYID',
  'SGE_TASK_ID',
  'LSB_JOBINDEX',
  'BATCH_TASK_INDEX',
  'CLOUD_RUN_TASK_INDEX',
]
const numbers = new RegExp(`\\b(${variables.join('|')})\\b`)

export const arrayTaskReader = defineReader({
  name: 'array-task',
  languages: ['python'],
  triggers: [...variables, 'itertools', 'ParameterGrid', 'sys.argv', 'add_argument'],
  read(facts, context, claims) {
    const python = facts.python
    if (python === undefined || !mayHaveNumber(python) || !trainsAnywhere(python)) return
    for (const statement of python.statements)
      for (const { entry, grid, given } of entriesIn(python, statement, context.binding)) {
        const factors = configurationsOf(grid.python, grid.expr)
        if (factors === null) continue
        const dimensions = factors.map((one, index) =>
          dimension(grid.python, one, targetOf(statement, entry, index)),
        )
        if (dimensions.filter(({ name, size }) => hyperparameter.test(name) && size !== 1).length < 2)
          continue
        const elsewhere = grid.python === python ? null : placeElsewhere(grid)
        claimTasks(python, claims, dimensions, { start: statement.start, end: entry.end }, given, elsewhere)
      }
    claimAxes(python, claims, context.binding)
  },
  change: () => ({ reason: 'let a tuner choose the values, and start as many tasks as it has trials' }),
})

function claimTasks(
  python: PythonModule,
  claims: ClaimBuilder,
  dimensions: Dimension[],
  place: Place,
  given: boolean,
  elsewhere: Location | null,
): void {
  const search = claims.subject('Search', place, '', tuningEvidence(python))
  const launched = 'jobs, one for each entry'
  // Without a launch that passes on its number, somebody may train one of them by hand.
  claimHandGrid(search, { key: 'grid', dimensions, unit: 'job', launched }, place, {
    overridable: !given,
    ...(elsewhere === null ? {} : { location: elsewhere }),
  })
}

function claimAxes(python: PythonModule, claims: ClaimBuilder, binding: Binding | null): void {
  const axes = axesIn(python, (expr) =>
    isTaskNumber(python, expr) ? true : passedNumber(python, expr, binding),
  )
  const dimensions = axes.map(({ values, name }) => dimension(python, { name, values }, null))
  const tuned = dimensions.filter(({ name, size }) => hyperparameter.test(name) && size !== 1)
  if (tuned.length < 2 || dimensions.some(({ size }) => size === null)) return
  const [{ statement, entry }] = axes as [Axis]
  const place = { start: statement.start, end: entry.end }
  const given = axes.some((one) => one.given)
  claimTasks(python, claims, dimensions, place, given, null)
}

interface Entry {
  entry: Expr
  grid: ValuePlace
  /** The number is shown to be that of a task. */
  given: boolean
}

/** `grid[task]` where the index is the number of the task, or `configuration(task)`, a function that looks it up. */
function entriesIn(python: PythonModule, statement: Stmt, binding: Binding | null): Entry[] {
  const found: Entry[] = []
  const numberGiven = (index: Expr) =>
    isTaskNumber(python, index) ? true : passedNumber(python, index, binding)
  const visit = (expr: Expr): void => {
    const looked =
      expr.type === 'subscript'
        ? { index: expr.index, grid: { python, expr: expr.value } }
        : expr.type === 'call' && expr.args.some(({ value }) => numberGiven(value) !== null)
          ? lookedUp(python, expr)
          : null
    if (looked !== null) {
      const { index, grid } = looked
      const given = numberGiven(index)
      if (given !== null) found.push({ entry: expr, grid, given })
    }
    forEachChild(expr, visit)
  }
  forEachExpression(statement, visit)
  return found
}

/** Where another module lists the grid. */
function placeElsewhere({ python, expr }: ValuePlace): Location {
  const { start, end } = python.definition(expr)
  return { path: python.path, cell: null, start, end }
}

/** `def configuration(task): return grid[task]`, here or in another module; null: the function does something else. */
function lookedUp(python: PythonModule, call: CallExpr): { index: Expr; grid: ValuePlace } | null {
  const called = functionAt(python, call.callee)
  const entry = called === null ? null : onlyReturn(called.func)
  if (called === null || entry?.type !== 'subscript' || entry.index.type !== 'name') return null
  const { id } = entry.index
  const position = called.func.node.params.findIndex(({ name }) => name === id)
  const made = python.callAt(call)
  const index = position < 0 || made === null ? null : passedExpression(python.argument(made, id, position))
  return index === null ? null : { index, grid: { python: called.python, expr: entry.value } }
}

function mayHaveNumber(python: PythonModule): boolean {
  return (
    /\bargv\b/.test(python.code) ||
    numbers.test(python.code) ||
    python.programArguments.some(({ kind }) => kind === 'value')
  )
}

function isTaskNumber(python: PythonModule, index: Expr): boolean {
  const { start, end } = python.definition(index)
  return end - start < 200 && index.type !== 'constant' && numbers.test(python.code.slice(start, end))
}

/**
 * `grid[args.task]`, `grid[int(sys.argv[1])]`: true where the launch passes what only its scheduler knows; null: the index is
 * something else.
 */
function passedNumber(python: PythonModule, index: Expr, binding: Binding | null): boolean | null {
  const made = python.definition(index)
  const value =
    made.type === 'call' && made.args.length === 1 && python.nameOf(made.callee) === 'int'
      ? python.definition(made.args[0]!.value)
      : made
  const launch = binding?.launch
  if (value.type === 'subscript')
    return python.nameOf(value.value) !== 'sys.argv'
      ? null
      : launch?.positionals.some((one) => one.value === null) === true
  const option =
    value.type === 'attribute' ? python.programArguments.find((one) => one.name === value.attr) : undefined
  if (option === undefined || option.kind !== 'value') return null
  if (option.positional === true) return launch?.positionals.some((one) => one.value === null) === true
  return option.flags.some((flag) => lookUp(launch?.flags, flag)?.value === null)
}

/** `list(product(…))` as well. */
function configurationsOf(python: PythonModule, grid: Expr): Factor[] | null {
  const value = python.definition(grid)
  const listed =
    value.type === 'call' && /^(list|tuple)$/.test(python.nameOf(value.callee) ?? '')
      ? value.args[0]?.value
      : grid
  return listed === undefined
    ? null
    : (listedConfigurations(python, listed) ?? productOf(python, listed) ?? parameterGrid(python, listed))
}

/** `lr, batch = grid[task]`: what the entry is taken apart into. */
function targetOf(statement: Stmt, entry: Expr, index: number): string | null {
  if (statement.type !== 'assign' || statement.value !== entry) return null
  const target = statement.targets[0]
  const item = target?.type === 'tuple' || target?.type === 'list' ? target.items[index] : undefined
  return item?.type === 'name' ? item.id : null
}

function dimension(python: PythonModule, factor: Factor, target: string | null): Dimension {
  const { values, loaded } = factor
  const collection = values.type === 'name' ? values.id.toLowerCase() : ''
  const name = factor.name ?? target ?? collection
  const known = loaded ?? effective(python.fold(values))
  return Array.isArray(known) ? { name, size: distinctCount(known), values: known } : { name, size: null }
}

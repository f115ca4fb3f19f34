/** What one pass of a loop over a grid hands to the system: programs that train, jobs, notebooks. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { fixedValue, passedExpression } from '../../values/argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { SearchSettings } from '../../workload/resource-kinds.js'
import type { ReaderContext } from '../reader.js'
import { workOfCommand } from '../shell/grid-loop.js'
import { otherWork } from './hyperparameter-names.js'
import { commandsIn } from './started-launches.js'
import { starters } from './started-programs.js'

export interface Work {
  unit: SearchSettings['unit']
  /** What each pass starts; null: it trains in this process. */
  launched: string | null
  /** Fits of one combination, where they can be counted. */
  folds?: number
}

const trainings: Work = { unit: 'run', launched: 'trainings' }

/** What a call starts, be it through a function of the module: `run(f'python train.py --lr {lr}')`. Null: nothing that trains. */
export function startedIn(
  python: PythonModule,
  context: ReaderContext,
  claims: ClaimBuilder,
  call: Call,
): Work | null {
  for (const given of handedToSystem(python, call)) {
    for (const command of commandsIn(python, context, given)) {
      const work = workOfCommand(command, () => claims.locate(given))
      if (work !== null) return work
    }
    const work = workOfText(commandText(python, given))
    if (work !== null) return work
  }
  return runsNotebook(python, call) ? trainings : null
}

const batchJob = /^[\s"'f[({]*(sbatch|bsub|qsub)\b/
const launcher = /torchrun|accelerate["',\s]+launch|deepspeed /
const script = /(?<![\w-])([\w-]+)\.py\b/

function workOfText(text: string): Work | null {
  if (batchJob.test(text)) return { unit: 'job', launched: 'jobs' }
  const program = script.exec(text)?.[1]
  return (program === undefined ? launcher.test(text) : !otherWork.test(program)) ? trainings : null
}

/** The command of `subprocess.run(command)`, and those of a function of the module that is given the values. */
function handedToSystem(python: PythonModule, { name, expr }: Call): Expr[] {
  const [first] = expr.args
  if (first === undefined || first.star > 0) return []
  if (name !== null) return starters.test(name) ? [first.value] : []
  const own = python.functionOf(expr.callee)
  const [command] = own?.node.params.filter((one) => one.name !== 'self') ?? []
  return (own?.calls ?? []).flatMap((call) => {
    const given = call.name !== null && starters.test(call.name) ? call.expr.args[0]?.value : undefined
    if (given === undefined) return []
    return [given.type === 'name' && given.id === command?.name ? first.value : given]
  })
}

/** `papermill.execute_notebook('train.ipynb', …, parameters={'lr': lr})` */
function runsNotebook(python: PythonModule, call: Call): boolean {
  if (!/^papermill\.(\w+\.)*execute_notebook$/.test(call.name ?? '')) return false
  const path = passedExpression(python.argument(call, 'input_path', 0))
  const name = path === null ? undefined : fixedValue(python.fold(path))
  return typeof name === 'string' && /train|fit|tune|model/i.test(name) && !otherWork.test(name)
}

function commandText(python: PythonModule, expr: Expr): string {
  const value = python.definition(expr)
  const text = python.text.slice(value.start, Math.min(value.end, value.start + 400))
  return value.type === 'list' ? text.replace(/["']\s*,\s*f?["']/g, ' ') : text
}

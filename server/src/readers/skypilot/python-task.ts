/** Tasks of SkyPilot that Python code puts together: what they run is the program of the cluster. Source: skypilot, sky/task.py. */

import type { ShellFacts } from '../../config/shell-facts.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { passedExpression, textArgument } from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { convert, orDefault } from '../../values/operations.js'
import { asNumber, asSwitch } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import { idAt } from '../job-in-code.js'
import type { ReaderContext } from '../reader.js'
import { claimShellLaunch, type FoundLaunch, launchesOf, workOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'

const taskClass = /^sky\.(\w+\.)*Task$/
const resourcesClass = /^sky\.(\w+\.)*Resources$/

/** A task whose command is written out, and starts programs. */
export interface PythonTask {
  made: Call
  /** What it runs. */
  shell: ShellFacts
  launches: FoundLaunch[]
  /** Where the text of it is given. */
  place: Place
  job: string
}

/** `sky.launch(sky.Task(run='python train.py'))`; null: the task comes from elsewhere, or starts nothing that can be read. */
export function taskOf(
  python: PythonModule,
  launch: Call,
  claims: ClaimBuilder,
  context: ReaderContext,
): PythonTask | null {
  const given = passedExpression(python.argument(launch, 'task', 0))
  const made = given === null ? null : callTo(python, python.definition(given), taskClass)
  if (made === null) return null
  const written = python.argument(made, 'run')
  const run = textArgument(written)
  const shown = passedExpression(written)
  if (run === null || shown === null) return null
  const place = { start: shown.start, end: shown.end }
  const shell = context.shell(run)
  const launches = launchesOf(shell.commands, () => claims.locate(place))
  const job = idAt(claims, 'sky', calleePlace(launch))
  return launches.length === 0 ? null : { made, shell, launches, place, job }
}

/** The resources that this task is given; null: they are made elsewhere. */
export function resourcesOf(python: PythonModule, { made }: PythonTask): Call | null {
  const own = passedExpression(python.argument(made, 'resources'))
  if (own !== null) return callTo(python, python.definition(own), resourcesClass)
  const set = python.calls.find(
    ({ method, expr: { callee } }) =>
      method === 'set_resources' &&
      callee.type === 'attribute' &&
      python.definition(callee.value).start === made.expr.start,
  )
  const given = set?.expr.args[0]?.value
  return given === undefined ? null : callTo(python, python.definition(given), resourcesClass)
}

function callTo(python: PythonModule, expr: Expr, name: RegExp): Call | null {
  const call = expr.type === 'call' ? python.callAt(expr) : null
  return call !== null && name.test(call.name ?? '') ? call : null
}

/** What the task runs, on how many machines, and how they are bought. */
export function claimTask(
  claims: ClaimBuilder,
  python: PythonModule,
  task: PythonTask,
  compute: SubjectBuilder<'Compute'>,
): void {
  const { made, shell, launches, place, job } = task
  const at = calleePlace(made)
  const site = callSite(made)
  const argument = (call: Call, name: string) =>
    argumentValue(python.argument(call, name), calleePlace(call), site, compute.locator)
  const nodes = convert(argument(made, 'num_nodes'), asNumber)
  compute.say('nodes', 'num_nodes', orDefault(nodes, 1))
  const resources = resourcesOf(python, task)
  if (resources === null) compute.unknown('spot', 'use_spot', 'resources that are made elsewhere', at)
  else
    compute.say(
      'spot',
      'use_spot',
      orDefault(convert(argument(resources, 'use_spot'), asSwitch), false, false),
    )
  const inside = { job, place, folder: null, nodes: nodes.state === 'known' ? nodes.value : 1 }
  for (const [index, launch] of launches.entries())
    claimShellLaunch(claims, launch, { ...inside, id: `${job}:${index}` })
  claimScriptCalls(claims, shell.commands, { ...inside, id: job }, () => claims.locate(place))
  const { sharing } = workOf(shell, launches)
  if (sharing !== null) compute.known('sharing', 'run', sharing, place)
}

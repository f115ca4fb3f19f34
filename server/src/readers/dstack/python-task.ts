/**
 * Tasks of dstack that Python code puts together: `Task(commands=[…], resources=Resources(gpu=GPU(…)))`. Source: dstack 0.20,
 * api/__init__.py, models/configurations.py, models/profiles.py (on demand, without a limit of time since 0.19).
 */
import { gpu } from '../../catalog/gpus.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import {
  asArgument,
  isLeftOut,
  knownArgument,
  numberArgument,
  passedCall,
  passedPlace,
  textArgument,
} from '../../values/argument.js'
import { CallSource } from '../../values/call-source.js'
import { readAs } from '../../values/operations.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimJobOperations } from '../shell/job-operations.js'
import { claimShellLaunch, launchesOf, workOf } from '../shell/launches.js'
import { claimScriptCalls } from '../shell/script-calls.js'
import { wordsOf } from '../words-in-code.js'
import { taskRows } from './task-rows.js'

const taskClass = /^dstack\.(\w+\.)*Task(Configuration)?$/
const cardClass = /^dstack\.(\w+\.)*GPU(Spec)?$/

const taskSettings = settingTable('Compute', taskRows)

export const dstackPythonReader = defineReader({
  name: 'dstack-python',
  title: 'dstack, in Python',
  leads: true,
  languages: ['python'],
  triggers: ['dstack.api', 'dstack._internal'],
  settings: [taskSettings],
  read(facts, context, claims) {
    const python = facts.python!
    for (const made of python.calls)
      if (taskClass.test(made.name ?? '')) readTask(python, context, claims, made)
  },
  change: (claim, value, facts) => taskSettings.change(claim, value, facts),
})

/** What the constructor is given, or the object afterwards: `task.commands = […]`. */
function given(python: PythonModule, made: Call, key: string): ArgumentValue {
  const argument = python.argument(made, key)
  if (!isLeftOut(argument) || made.assignedTo === null) return argument
  const values = python.attributeBindings(`${made.assignedTo}.${key}`).flatMap(({ value }) => value ?? [])
  return values.length === 1 ? asArgument(python, values[0]!) : argument
}

interface Cards {
  asked: ArgumentValue
  /** On each node; null: some, but how many is not known. */
  count: number | null
  model: string | null
}

/** Null: it asks for none. Resources that are made elsewhere hold what the file makes. */
function cardsOf(python: PythonModule, made: Call): Cards | null {
  const submitted = python.calls.find(
    ({ method, expr }) => method === 'submit' && expr.start > made.expr.start,
  )
  const own = given(python, made, 'resources')
  const resources = isLeftOut(own) && submitted !== undefined ? python.argument(submitted, 'resources') : own
  if (isLeftOut(resources)) return null
  const call = passedCall(python, resources)
  if (call === null || !/^dstack\./.test(call.name ?? '')) {
    const [first, ...more] = python.calls.filter(({ name }) => cardClass.test(name ?? ''))
    if (first === undefined) return null
    const count = countOf(python, first)
    const same = more.every((one) => countOf(python, one) === count)
    return { asked: resources, count: same ? count : null, model: null }
  }
  const asked = python.argument(call, 'gpu')
  const card = passedCall(python, asked)
  if (isLeftOut(asked)) return null
  if (card === null) {
    const parts = (textArgument(asked) ?? '').split(':')
    const counts = parts.filter((part) => /^\d+$/.test(part))
    const named = parts.flatMap((part) => (/^[A-Za-z]/.test(part) ? (gpu(part)?.name ?? []) : []))
    const readable = textArgument(asked) !== null && !parts.some((part) => part.includes('..'))
    return { asked, count: readable ? Number(counts[0] ?? 1) : null, model: named[0] ?? null }
  }
  const name = knownArgument(python.argument(card, 'name'))
  const [only, ...others] = Array.isArray(name) ? name : [name]
  const model = others.length === 0 && typeof only === 'string' ? (gpu(only)?.name ?? null) : null
  return { asked, count: countOf(python, card), model }
}

/** Null: not known. */
function countOf(python: PythonModule, card: Call): number | null {
  const count = python.argument(card, 'count')
  return isLeftOut(count) ? 1 : numberArgument(count)
}

function readTask(python: PythonModule, context: ReaderContext, claims: ClaimBuilder, made: Call): void {
  const cards = cardsOf(python, made)
  if (cards === null || cards.count === 0) return
  const place = calleePlace(made)
  const job = idAt(claims, 'dstack', place)
  const evidence = evidenceOfJob(python, 'gpu')
  const compute = claims.subject('Compute', place, scopeOf(made), evidence, job)
  compute.known('provider', 'backends', 'other', place)
  compute.known('takesCheapest', 'backends', true, place)
  compute.known('choosesCapacity', 'spot_policy', true, place)
  compute.known('trials', 'type', made.loops.length > 0, place)
  const name = textArgument(given(python, made, 'name'))
  if (name !== null) compute.known('name', 'name', name, place)
  const shown = passedPlace(cards.asked) ?? place
  if (cards.count !== null) compute.known('gpus', 'gpu', cards.count, shown)
  else compute.say('gpus', 'gpu', { ...claims.origin(shown), state: 'range', low: 1, high: null })
  if (cards.model !== null) compute.known('gpuModel', 'gpu', cards.model, shown)
  const nodes = given(python, made, 'nodes')
  const machines = isLeftOut(nodes) ? 1 : numberArgument(nodes)
  compute.say('nodes', 'nodes', readAs(claims.origin(passedPlace(nodes) ?? place), machines, 'not a number'))
  taskSettings.claim(compute, new CallSource(python, made, claims), context.versions)
  const commands = given(python, made, 'commands')
  const lines = wordsOf(python, commands)
  const text =
    lines?.map(({ text, outline }) => text ?? outline?.replace(/\$\{\?\}/g, '$x') ?? '$x').join('\n') ?? ''
  const at = passedPlace(commands) ?? callSite(made)
  const shell = context.shell(text)
  const launches = launchesOf(shell.commands, () => claims.locate(at))
  const inside = { job, place: at, folder: '', nodes: machines }
  for (const [index, launch] of launches.entries())
    claimShellLaunch(claims, launch, { ...inside, id: `${job}:${index}` })
  claimScriptCalls(claims, shell.commands, { ...inside, id: job }, () => claims.locate(at))
  const { service, sharing } = workOf(shell, launches)
  compute.known('service', 'commands', service || !isLeftOut(given(python, made, 'ports')), place)
  const unread = lines === null ? 'commands that cannot be read' : sharing
  if (unread !== null) compute.known('sharing', 'commands', unread, place)
  const gpus = cards.count === null || machines === null ? null : cards.count * machines
  const machine = { holder: 'The task', gpus, model: cards.model, evidence, job }
  claimJobOperations(claims, context, shell, launches, machine, text, () => at)
}

/**
 * Clusters that SkyPilot starts, from Python and from shell scripts. They stay up after the task unless autostop is
 * asked for. Source: skypilot, sky/client/sdk.py, `launch`; nemo_run 0.4, core/execution/skypilot.py.
 */

import type { ShellCommand } from '../../config/shell-facts.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import {
  knownArgument,
  mayBePassed,
  numberArgument,
  passedExpression,
  textArgument,
} from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { convert, derived } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { acceleratorsOf, claimMachineRequest } from '../machine-claims.js'
import { defineReader, type FragmentFacts, importing, type ReaderContext } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimEnding } from '../skipped-ending.js'
import { claimTask, resourcesOf, taskOf } from './python-task.js'

const endings = /^(down|stop|autostop|teardown)$/

const stopKey = 'idle_minutes_to_autostop'

const launchSettings = settingTable('Compute', {
  idleStop: {
    keys: [stopKey],
    position: 3,
    parse: (value) => {
      const minutes = asNumber(value) ?? (value === null ? -1 : 0)
      return minutes < 0 ? null : minutes * 60
    },
    otherwise: null,
  },
})

export const skypilotReader = defineReader({
  name: 'skypilot',
  title: 'SkyPilot, in Python',
  settings: [launchSettings],
  languages: ['python', 'shell', 'markdown'],
  triggers: ['sky.launch', 'sky.jobs.launch', 'SkypilotExecutor', 'sky launch', 'sky jobs launch'],
  shares: true,
  leads: importing('sky'),
  read(facts, context, claims) {
    const { python, shell, fragment } = facts
    if (python !== undefined) readProgram(python, context, claims)
    if (shell === undefined) return
    if (fragment.language === 'markdown') readDocumented(shell.commands, claims)
    else readScript(shell.commands, claims)
  },
  change: changeCluster,
})

function readProgram(python: PythonModule, context: ReaderContext, claims: ClaimBuilder): void {
  const ended = python.calls.filter((call) => endings.test(call.method) && /^sky\./.test(call.name ?? ''))
  const [ends] = ended
  for (const call of python.calls) {
    if (call.name === 'sky.launch') {
      readLaunch(python, call, ended, context, claims)
      claimStarted(python, call, ends, claims)
    } else if (call.name === 'sky.jobs.launch') claimStarted(python, call, ends, claims)
    else if (call.method === 'SkypilotExecutor') readExecutor(python, call, claims)
  }
}

function start(
  python: PythonModule,
  call: Call,
  claims: ClaimBuilder,
  job?: string,
): SubjectBuilder<'Compute'> {
  return claimMachineRequest(claims, python, {
    provider: 'other',
    interactive: false,
    place: calleePlace(call),
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    ...(job === undefined ? {} : { job }),
  })
}

function readLaunch(
  python: PythonModule,
  call: Call,
  ended: readonly Call[],
  context: ReaderContext,
  claims: ClaimBuilder,
): void {
  const place = calleePlace(call)
  const task = taskOf(python, call, claims, context)
  const compute = start(python, call, claims, task?.job)
  readAccelerators(python, task === null ? null : resourcesOf(python, task), compute, place)
  if (task !== null) claimTask(claims, python, task, compute)
  // It takes the machines down later, whatever happens until then.
  if (ended.some(({ method }) => method === 'autostop'))
    compute.known('endedBy', 'sky.autostop', 'sky.autostop', place)
  else claimEnding(compute, python, call, ended, place)
  const inResources = python.calls.some(
    (one) => one.method === 'Resources' && mayBePassed(python.argument(one, 'autostop')),
  )
  const down = python.argument(call, 'down', 6)
  const isDown = mayBePassed(down) && knownArgument(down) !== false
  const source = launchSettings.argumentsOf(python, call, claims)
  if (!inResources && !isDown) launchSettings.claim(compute, source)
  else compute.unknown('idleStop', stopKey, 'set elsewhere', place, { site: source.site() })
}

/** `sky.launch(sky.Task.from_yaml('train.yaml'))`: what the program says about the task of the only file that it names. */
function claimStarted(python: PythonModule, call: Call, ends: Call | undefined, claims: ClaimBuilder): void {
  const named = new Set([...python.code.matchAll(/["']([\w./-]+\.ya?ml)["']/g)].map((one) => one[1]!))
  const [file, ...others] = named
  if (file === undefined || others.length > 0) return
  const place = calleePlace(call)
  const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }
  const start = claims.subject('Compute', place, file, evidence)
  start.known('startsFile', call.method, file.replace(/^\.\//, ''), place)
  const { value } = launchSettings.read('idleStop', launchSettings.argumentsOf(python, call, claims))
  const down = python.argument(call, 'down', 6)
  if (call.name === 'sky.jobs.launch') start.known('endedBy', call.name, call.name, place)
  else if (ends !== undefined) start.known('endedBy', `sky.${ends.method}`, `sky.${ends.method}`, place)
  else if (mayBePassed(down) && knownArgument(down) !== false) start.known('endedBy', 'down', 'down', place)
  else start.say('idleStop', stopKey, value)
}

/** `Resources(accelerators='V100:4')` and `task.set_resources(…)`; a task from a file is not read here. */
function readAccelerators(
  python: PythonModule,
  own: Call | null,
  compute: SubjectBuilder<'Compute'>,
  place: Place,
): void {
  const all = python.calls.filter((call) => /^sky\.(\w+\.)*Resources$/.test(call.name ?? ''))
  const given = (own === null ? all : [own])
    .map((call) => python.argument(call, 'accelerators'))
    .find((one) => passedExpression(one) !== null)
  if (given === undefined) {
    compute.unknown('gpus', 'accelerators', 'a task that is made elsewhere', place)
    return
  }
  const asked = convert(
    argumentValue(given, place, place, compute.locator),
    (value) => requestOf(value) ?? undefined,
    'accelerators that cannot be read',
  )
  compute.say(
    'gpus',
    'accelerators',
    convert(asked, (one) => one.count),
  )
  compute.say(
    'gpuModel',
    'accelerators',
    derived(asked, (one) => one.model ?? undefined),
  )
}

function requestOf(value: Json): { model: string | null; count: number } | null {
  if (typeof value === 'string') return acceleratorsOf(value)
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  const [entry] = Object.entries(value)
  return entry === undefined || typeof entry[1] !== 'number'
    ? null
    : acceleratorsOf(`${entry[0]}:${entry[1]}`)
}

function readExecutor(python: PythonModule, call: Call, claims: ClaimBuilder): void {
  const place = calleePlace(call)
  const site = callSite(call, { kind: 'call', role: 'executor' })
  const gpus = python.argument(call, 'gpus')
  if (!mayBePassed(gpus)) return
  const compute = start(python, call, claims)
  compute.known('gpus', 'gpus', numberArgument(python.argument(call, 'gpus_per_node')) ?? 1, place)
  const model = acceleratorsOf(textArgument(gpus) ?? '')?.model
  if (model != null) compute.known('gpuModel', 'gpus', model, place)
  const down = python.argument(call, 'autodown')
  const off = !mayBePassed(down) || knownArgument(down) === false
  if (off && !mayBePassed(python.argument(call, stopKey)))
    compute.default('idleStop', 'autodown', null, place, { site })
  else compute.unknown('idleStop', 'autodown', 'it is given', place, { site })
}

/** What a README shows says how a task is meant to be started; what it leaves out may be given all the same. */
function readDocumented(commands: ShellCommand[], claims: ClaimBuilder): void {
  for (const command of commands) {
    const words = textsOf(command)
    if (words.some((word) => /^(--use-spot|-i\d*|--idle-minutes-to-autostop|--down)(=|$)/.test(word)))
      claimStart(claims, command, words, false, true)
  }
}

const textsOf = (command: ShellCommand) => command.words.map((word) => word.text ?? word.outline ?? '')

/** `sky launch --gpus A100:8 …` in a script that never stops the cluster. */
function readScript(commands: ShellCommand[], claims: ClaimBuilder): void {
  const ends = commands.some((command) => {
    const [program, action] = textsOf(command)
    return program === 'sky' && endings.test(action ?? '')
  })
  for (const command of commands) {
    const words = textsOf(command)
    if (command.unreachable) continue
    if (claimStart(claims, command, words, ends)) continue
    if (words[0] !== 'sky' || words[1] !== 'launch') continue
    if (words.some((word) => /^(-i|--idle-minutes-to-autostop|--down|--dryrun|-h|--help)(=|$)/.test(word)))
      continue
    if (command.words.some((word) => word.splits === true)) continue
    const at = words.findIndex((word) => /^--(gpus|accelerators)(=|$)/.test(word))
    if (at < 0) continue
    const value = words[at]!.includes('=') ? words[at]!.split('=')[1]! : (words[at + 1] ?? '')
    const found = acceleratorsOf(value)
    if (found === null) continue
    const place: Place = { start: command.words[0]!.start, end: command.words[1]!.end }
    const compute = claimMachineRequest(claims, null, {
      provider: 'other',
      interactive: false,
      place,
      site: place,
      scope: '',
    })
    compute.known('gpus', '--gpus', found.count, place)
    if (found.model !== null) compute.known('gpuModel', '--gpus', found.model, place)
    if (ends) compute.known('endedBy', 'sky down', 'sky down', place)
    // Another channel, the task's file, may ask for autostop.
    compute.default('idleStop', '-i', null, place, {
      overridable: true,
      site: { ...place, target: { kind: 'option', part: 'behind' } },
    })
  }
}

/** `uv run sky launch`, `poetry run sky launch`. */
const before = /^(uv|run|poetry|pdm|time|exec)$/

/**
 * `sky launch task.yaml`, `sky jobs launch task.yaml`: what the command says about the task of that file, which outranks it.
 * False: it names none.
 */
function claimStart(
  claims: ClaimBuilder,
  command: ShellCommand,
  words: string[],
  ends: boolean,
  documented = false,
): boolean {
  const at = words.findIndex((word) => !before.test(word))
  const rest = words.slice(at)
  const managed = rest[0] === 'sky' && rest[1] === 'jobs' && rest[2] === 'launch'
  if (!managed && !(rest[0] === 'sky' && rest[1] === 'launch')) return false
  const file = rest.find((word) => /\.ya?ml$/.test(word) && !/[$=]/.test(word))
  if (file === undefined || rest.some((word) => /^--(dryrun|help)(=|$)/.test(word))) return false
  const place: Place = { start: command.words[at]!.start, end: command.words[at + 1]!.end }
  const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }
  const start = claims.subject('Compute', place, file, evidence)
  start.known('startsFile', 'sky launch', file.replace(/^\.\//, ''), place)
  claimRequest(start, rest, place)
  const spot = rest.includes('--use-spot')
  if (spot) start.known('spot', '--use-spot', true, place)
  if (managed) start.known('endedBy', 'sky jobs launch', 'sky jobs launch', place)
  else if (ends) start.known('endedBy', 'sky down', 'sky down', place)
  else if (rest.some((word) => /^(-i\d*|--idle-minutes-to-autostop|--down)(=|$)/.test(word)))
    start.known('endedBy', '--down', '--down', place)
  else if (documented || command.words.some((word) => word.splits === true))
    start.unknown('idleStop', '-i', 'arguments that are not known', place)
  // The file of the task may ask for it.
  else
    start.default('idleStop', '-i', null, place, {
      overridable: true,
      site: { ...place, target: { kind: 'option', part: 'behind' } },
    })
  return true
}

/** Machines that the command asks for: `--gpus A100:8`, `--instance-type p4d.24xlarge`, `--num-nodes 2`. */
function claimRequest(start: SubjectBuilder<'Compute'>, words: readonly string[], place: Place): void {
  const gpus = optionOf(words, '--gpus', '--accelerators')
  if (gpus !== undefined) {
    const { key, value } = gpus
    const asked = acceleratorsOf(value)
    if (asked === null) start.unknown('gpus', key, `\`${value}\``, place)
    else start.known('gpus', key, asked.count, place)
    if (asked?.model != null) start.known('gpuModel', key, asked.model, place)
  }
  const type = optionOf(words, '--instance-type', '-t')
  if (type !== undefined && !type.value.includes('$'))
    start.known('instanceType', type.key, type.value, place)
  const nodes = optionOf(words, '--num-nodes')
  if (nodes === undefined) return
  if (/^\d+$/.test(nodes.value)) start.known('nodes', nodes.key, Number(nodes.value), place)
  else start.unknown('nodes', nodes.key, `\`${nodes.value}\``, place)
}

function optionOf(words: readonly string[], ...names: string[]): { key: string; value: string } | undefined {
  for (const [index, word] of words.entries()) {
    const key = names.find((name) => word === name || word.startsWith(`${name}=`))
    if (key !== undefined)
      return { key, value: word === key ? (words[index + 1] ?? '') : word.slice(key.length + 1) }
  }
  return undefined
}

function changeCluster(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting !== 'idleStop' || typeof value !== 'number') return byHand(claim)
  const minutes = Math.round(value / 60)
  if (claim.site.target?.kind === 'option') {
    const { fragment, end } = claim.site
    const write: Write = {
      kind: 'replace text',
      path: facts.path,
      fragment,
      start: end,
      end,
      text: ` -i ${minutes}`,
    }
    return {
      title: `Stop the cluster after ${minutes} idle minutes: -i ${minutes}`,
      safety: 'unsafe',
      writes: [write],
      imports: [],
    }
  }
  const call = claimedCall(facts.python, claim.site)
  if (call === null) return { reason: 'the call has changed' }
  const range = { fragment: facts.fragment.index, start: call.expr.start, end: call.expr.end }
  const set = (name: string, code: string): Write => ({
    kind: 'set keyword',
    path: facts.path,
    call: range,
    name,
    value: code,
  })
  const stop = set('idle_minutes_to_autostop', String(minutes))
  if (claim.site.target?.kind === 'call')
    return {
      title: `Take the cluster down after ${minutes} idle minutes`,
      safety: 'unsafe',
      writes: [set('autodown', 'True'), stop],
      imports: [],
    }
  // What a task leaves on the disk outlives a stop.
  return {
    title: `Stop the cluster after ${minutes} idle minutes: ${stopKey}`,
    safety: 'unsafe',
    writes: [stop],
    imports: [],
  }
}

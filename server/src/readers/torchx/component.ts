/**
 * Components of TorchX in Python: roles of an `AppDef`, the components that TorchX brings called as functions, and runs
 * that a runner is asked for. Sources: torchx/specs/api.py, torchx/components/dist.py, torchx/runner/api.py of TorchX 0.7.
 */

import { instance } from '../../catalog/instances.js'
import type { ShellWord } from '../../config/shell-facts.js'
import type { Write } from '../../edit/write.js'
import { parseLaunch } from '../../link/launch-line.js'
import { torchxRun } from '../../link/torchx.js'
import type { Call, PythonModule } from '../../python/module.js'
import { optionValue } from '../../text/change-target.js'
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import { lookUp } from '../../text/records.js'
import {
  knownArgument,
  mayBePassed,
  passedCall,
  passedExpression,
  passedPlace,
  textArgument,
} from '../../values/argument.js'
import { argumentValue } from '../../values/call-source.js'
import { convert, derived, opaque, orUnknown } from '../../values/operations.js'
import { asNumber } from '../../values/parse.js'
import { calleePlace } from '../../values/places.js'
import { effective, type Given } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { ComputeSettings } from '../../workload/resource-kinds.js'
import { bareCommand } from '../bare-command.js'
import { byHand } from '../change-answer.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { claimType } from '../machine-claims.js'
import { defineReader } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimShellLaunch } from '../shell/launches.js'
import { wordOf, wordsOf } from '../words-in-code.js'
import { changeRun, providers, readRun } from './run.js'

const roles = /^torchx\.(specs\.)?(api\.)?Role$/
const resources = /^torchx\.specs\.(api\.)?(Resource|resource)$/
const brought = /^torchx\.components\.(dist\.(ddp|spmd)|utils\.python)$/

/** Copies of the program, and how often it is started again. */
const roleSettings = settingTable('Compute', {
  nodes: { keys: ['num_replicas'], position: 7, parse: asNumber, otherwise: 1 },
  retries: { keys: ['max_retries'], position: 8, parse: asNumber, otherwise: 0 },
})

export const torchxComponentReader = defineReader({
  name: 'torchx-component',
  title: 'TorchX',
  leads: true,
  settings: [roleSettings],
  languages: ['python'],
  triggers: ['torchx'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || ![...python.imports].some((name) => /^torchx(\.|$)/.test(name))) return
    const scheduler = schedulerOf(python)
    for (const call of python.calls) {
      if (roles.test(call.name ?? '')) readRole(python, claims, call, scheduler)
      else {
        const words = commandWords(python, call)
        if (words !== null) readCommand(python, claims, call, words, scheduler)
      }
    }
  },
  change(claim, value, facts) {
    const change = claim.site.target?.kind === 'option' ? changeRun(claim, value, facts) : byHand(claim)
    return 'reason' in change ? change : { ...change, writes: change.writes.map(inCode) }
  },
})

/** Python code is changed by expressions. */
function inCode(write: Write): Write {
  if (write.kind !== 'replace text') return write
  const { path, fragment, start, end, text } = write
  return { kind: 'replace', path, range: { fragment, start, end }, text }
}

/** Undefined: nobody says where it runs; null: on the machine at hand, or what is said cannot be read. */
function schedulerOf(python: PythonModule): ComputeSettings['provider'] | null | undefined {
  let found: ComputeSettings['provider'] | null | undefined
  for (const call of python.calls) {
    if (!/^(run|run_component|dryrun|dryrun_component|submit)$/.test(call.method)) continue
    const given = python.argument(call, 'scheduler', call.method.endsWith('_component') ? 2 : 1)
    if (!mayBePassed(given)) continue
    const name = knownArgument(given)
    // `subprocess.run(…)` and the like.
    if (typeof name !== 'string') continue
    const provider = lookUp(providers, name) ?? null
    if (found !== undefined && found !== provider) return null
    found = provider
  }
  return found
}

/** A component that TorchX brings, as its command line: `dist.ddp(script='train.py', j='2x4', gpu=4)`. */
function commandWords(python: PythonModule, call: Call): ShellWord[] | null {
  const { expr } = call
  const word = (text: string, { start, end }: Span): ShellWord => ({ text, raw: text, start, end })
  const place = calleePlace(call)
  const name = brought.exec(call.name ?? '')?.[1]
  if (name !== undefined) {
    const options: ShellWord[] = []
    const rest: ShellWord[] = []
    for (const one of expr.args) {
      if (one.star > 0) rest.push({ text: null, raw: '$', start: one.start, end: one.end, splits: true })
      else if (one.name === null) rest.push(wordOf(python, one.value))
      else {
        const value = wordOf(python, one.value)
        const given = one.value.type === 'constant' && one.value.value === null
        if (!given) options.push(word(one.name.length === 1 ? `-${one.name}` : `--${one.name}`, one), value)
      }
    }
    return [
      word('torchx', place),
      word('run', place),
      word(name, place),
      ...options,
      word('--', place),
      ...rest,
    ]
  }
  if (call.method !== 'run_component') return null
  const component = python.argument(call, 'component', 0)
  const args = wordsOf(python, python.argument(call, 'component_args', 1))
  const text = textArgument(component)
  return text !== null && args !== null
    ? [word('torchx', place), word('run', place), word(text, place), ...args]
    : null
}

function readCommand(
  python: PythonModule,
  claims: ClaimBuilder,
  call: Call,
  words: ShellWord[],
  scheduler: ComputeSettings['provider'] | null | undefined,
): void {
  const run = torchxRun(words)
  const place = calleePlace(call)
  const parts = run === null ? null : parseLaunch(words, [], (span) => claims.locate(span))
  if (run === null || parts === null || python.evidence.role === 'test') return
  const job = idAt(claims, 'torchx', place)
  const command = bareCommand(words, place)
  claimShellLaunch(claims, { command, parts }, { job: scheduler === null ? null : job, id: job, place })
  if (scheduler !== null) readRun(claims, command, run, scheduler ?? 'other', job, null)
}

function readRole(
  python: PythonModule,
  claims: ClaimBuilder,
  role: Call,
  scheduler: ComputeSettings['provider'] | null | undefined,
): void {
  if (python.evidence.role === 'test') return
  const place = calleePlace(role)
  const job = idAt(claims, 'torchx', place)
  const entrypoint = python.argument(role, 'entrypoint', 4)
  const args = wordsOf(python, python.argument(role, 'args', 5))
  const source = roleSettings.argumentsOf(python, role, claims)
  const nodes = effective(roleSettings.read('nodes', source).value) ?? null
  const name = textArgument(python.argument(role, 'name', 0))
  const resource = python.argument(role, 'resource', 10)
  const asks = passedExpression(resource) !== null && scheduler !== null
  const program = passedExpression(entrypoint)
  if (program === null) return
  const words = [wordOf(python, program), ...(args ?? [])]
  const parts = parseLaunch(words, [], (span) => claims.locate(span))
  // A component of no program: `echo`, or whatever it is given.
  if (parts === null) return
  claimShellLaunch(
    claims,
    { command: bareCommand(words, place), parts: { ...parts, complete: parts.complete && args !== null } },
    {
      job: asks ? job : null,
      id: job,
      place: passedPlace(entrypoint)!,
      nodes: parts.nodes === 1 ? nodes : parts.nodes,
    },
  )
  if (!asks) return
  const made = passedCall(python, resource)
  const holds = made?.expr.args.some((one) => one.name === 'gpu' || one.name === 'h') === true
  const evidence = evidenceOfJob(python, holds ? 'gpu' : 'maybe')
  const compute = claims.subject('Compute', place, scopeOf(role), evidence, job)
  compute.known('provider', 'Role', scheduler ?? 'other', place)
  compute.known('choosesCapacity', 'Role', false, place)
  compute.known('trials', 'Role', false, place)
  compute.known('service', 'Role', false, place)
  if (name !== null) compute.known('name', 'name', name, place)
  roleSettings.claim(compute, source)
  claimResource(python, compute, made, place)
  // Limits are the scheduler's, and stand in its own options.
  compute.unknown('timeLimit', 'scheduler', 'options of the scheduler', place)
  compute.unknown('spot', 'scheduler', 'options of the scheduler', place)
}

/** `Resource(cpu=8, gpu=4, memMB=…)`, `resource(h='aws_p4d.24xlarge')`. */
function claimResource(
  python: PythonModule,
  compute: SubjectBuilder<'Compute'>,
  made: Call | null,
  place: Place,
): void {
  if (made === null || !resources.test(made.name ?? '')) {
    compute.unknown('gpus', 'resource', 'a resource that is made elsewhere', place)
    return
  }
  const given = (name: string, position: number | null): Given<Json> => {
    const argument = python.argument(made, name, position)
    const site: Place = { ...(passedPlace(argument) ?? place), target: optionValue }
    return argumentValue(argument, place, site, compute.locator)
  }
  compute.say('gpus', 'gpu', orUnknown(convert(given('gpu', 1), asNumber), 'not given'))
  compute.say('cpus', 'cpu', convert(given('cpu', 0), asNumber))
  const host = derived(given('h', null), (value) => (value === null ? undefined : String(value)))
  const type = convert(host, (name) => name.replace(/^aws_/, ''))
  if (!host.overridable && instance(effective(type) ?? '') !== undefined) claimType(compute, 'h', type)
  else compute.say('gpus', 'h', opaque(host, 'a resource of its own'))
}

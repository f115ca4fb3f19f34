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
import type { Json } from '../../text/json.js'
import type { Span } from '../../text/location.js'
import { lookUp } from '../../text/records.js'
import { stated } from '../../values/operations.js'
import { calleePlace } from '../../values/places.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { ComputeSettings } from '../../workload/words.js'
import { byHand } from '../change-answer.js'
import { claimFolded } from '../claim-argument.js'
import { evidenceOfJob, idAt, scopeOf } from '../job-in-code.js'
import { claimType } from '../machine-claims.js'
import { defineReader } from '../reader.js'
import { foldedValue } from '../search/plain-argument.js'
import { claimShellLaunch } from '../shell/launches.js'
import { commandOf, wordOf, wordsOf } from '../words-in-code.js'
import { changeRun, providers, readRun } from './run.js'

const roles = /^torchx\.(specs\.)?(api\.)?Role$/
const resources = /^torchx\.specs\.(api\.)?(Resource|resource)$/
const brought = /^torchx\.components\.(dist\.(ddp|spmd)|utils\.python)$/

export const torchxComponentReader = defineReader({
  name: 'torchx-component',
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
    const change = claim.site.anchor === 'value' ? changeRun(claim, value, facts) : byHand(claim)
    return 'reason' in change ? change : { ...change, writes: change.writes.map(inCode) }
  },
})

/** Python code is changed by expressions. */
function inCode(write: Write): Write {
  if (write.kind !== 'replace text') return write
  const { path, unit, start, end, text } = write
  return { kind: 'replace', path, range: { unit, start, end }, text }
}

/** Undefined: nobody says where it runs; null: on the machine at hand, or what is said cannot be read. */
function schedulerOf(python: PythonModule): ComputeSettings['provider'] | null | undefined {
  let found: ComputeSettings['provider'] | null | undefined
  for (const call of python.calls) {
    if (!/^(run|run_component|dryrun|dryrun_component|submit)$/.test(call.method)) continue
    const given = python.argument(call, 'scheduler', call.method.endsWith('_component') ? 2 : 1)
    if (given.state === 'absent') continue
    const name = foldedValue(given)
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
  const text = foldedValue(component)
  return typeof text === 'string' && args !== null
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
  const command = commandOf(words, place)
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
  const nodes = foldedNumber(python, role, 'num_replicas', 7)
  const name = foldedValue(python.argument(role, 'name', 0))
  const resource = python.argument(role, 'resource', 10)
  const asks = resource.state === 'given' && scheduler !== null
  if (entrypoint.state !== 'given') return
  const words = [wordOf(python, entrypoint.expr), ...(args ?? [])]
  const parts = parseLaunch(words, [], (span) => claims.locate(span))
  // A component of no program: `echo`, or whatever it is given.
  if (parts === null) return
  claimShellLaunch(
    claims,
    { command: commandOf(words, place), parts: { ...parts, complete: parts.complete && args !== null } },
    {
      job: asks ? job : null,
      id: job,
      place: { ...entrypoint.span },
      nodes: parts.nodes === 1 ? nodes : parts.nodes,
    },
  )
  if (!asks) return
  const made = resource.state === 'given' ? python.callOf(resource.expr) : null
  const holds = made?.expr.args.some((one) => one.name === 'gpu' || one.name === 'h') === true
  const evidence = evidenceOfJob(python, holds ? 'gpu' : 'maybe')
  const compute = claims.subject('Compute', place, scopeOf(role), evidence, job)
  compute.known('provider', 'Role', scheduler ?? 'other', place)
  compute.known('choosesCapacity', 'Role', false, place)
  compute.known('trials', 'Role', false, place)
  compute.known('service', 'Role', false, place)
  if (typeof name === 'string') compute.known('name', 'name', name, place)
  if (nodes === null) compute.unknown('nodes', 'num_replicas', 'a number that is not readable', place)
  else compute.known('nodes', 'num_replicas', nodes, place)
  claimResource(python, compute, made, place)
  const retries = python.argument(role, 'max_retries', 8)
  if (retries.state === 'absent') compute.default('retries', 'max_retries', 0, place)
  else if (retries.state === 'given')
    claimFolded(compute, 'retries', 'max_retries', retries.folded, { ...retries.span }, asNumber)
  // Limits are the scheduler's, and stand in its own options.
  compute.unknown('timeLimit', 'scheduler', 'options of the scheduler', place)
  compute.unknown('spot', 'scheduler', 'options of the scheduler', place)
}

const asNumber = (value: Json): number | undefined => (typeof value === 'number' ? value : undefined)

/** One where nothing is given; null: not readable. */
function foldedNumber(python: PythonModule, call: Call, name: string, position: number): number | null {
  const given = python.argument(call, name, position)
  if (given.state === 'absent') return 1
  const value = foldedValue(given)
  return typeof value === 'number' ? value : null
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
  const host = python.argument(made, 'h')
  if (host.state === 'given' && host.folded.state === 'known' && host.folded.value !== null) {
    const type = String(host.folded.value).replace(/^aws_/, '')
    const at: Place = { ...host.span }
    if (instance(type) === undefined || host.folded.overridable)
      compute.unknown('gpus', 'h', 'a resource of its own', at)
    else claimType(compute, 'h', stated(compute.locator.origin(at), type))
    return
  }
  const gpus = python.argument(made, 'gpu', 1)
  if (host.state === 'unknown' || (host.state === 'given' && host.folded.state === 'unknown'))
    compute.unknown('gpus', 'h', 'not readable', place)
  else if (gpus.state === 'given')
    claimFolded(compute, 'gpus', 'gpu', gpus.folded, { ...gpus.span }, asNumber, {
      ...gpus.span,
      anchor: 'value',
    })
  else compute.unknown('gpus', 'gpu', 'not given', place)
  const cpus = python.argument(made, 'cpu', 0)
  if (cpus.state === 'given') claimFolded(compute, 'cpus', 'cpu', cpus.folded, { ...cpus.span }, asNumber)
}

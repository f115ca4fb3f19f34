/** What a job does with its machine beside the programs that it starts: waiting, and fetching what it needs. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'
import { mayBeDoneBefore } from './done-before.js'
import { type FoundLaunch, launchesOf } from './launches.js'
import { removeLine } from './remove-line.js'
import { quotedSettingUp, type SettingUp, settingUpIn, settingUpOf } from './setting-up.js'
import { type Waiting, waitingOf } from './waiting.js'

export interface JobMachine {
  /** As a message begins with it: 'The job "train"'. */
  holder: string
  /** Accelerators over all nodes; null: some, but how many is not known. */
  gpus: number | null
  /** Catalogue name; null: not known. */
  model: string | null
  evidence: Evidence
  /** On a file system that outlives the job, as clusters with a queue of batch scripts have it. */
  keepsDisk?: boolean
  /** `uv sync` has run in a phase before. */
  synced?: boolean
  /** Named as what somebody opens to work in, on one accelerator (one host of a TPU). */
  byHand?: boolean
  /** The job that holds it; absent: its price is asked of nobody. */
  job?: string
}

/** `gpus`: on each node; undefined or null: not known. Null: the job asks for none. */
export function machineOfJob(
  gpus: number | undefined,
  nodes: number | null,
  evidence: Evidence,
): JobMachine | null {
  if (gpus === 0) return null
  const all = gpus === undefined || nodes === null ? null : gpus * nodes
  return { holder: 'the job', gpus: all, model: null, evidence }
}

const setUpElsewhere =
  'do it in the image or the environment that the job starts from, or in a step without accelerators'

/** `placeOf`: where a command stands in the fragment; null text: the facts were not read from one text. */
export function claimJobOperations(
  claims: ClaimBuilder,
  context: ReaderContext,
  facts: ShellFacts,
  all: FoundLaunch[],
  machine: JobMachine,
  text: string | null,
  placeOf: (span: { start: number; end: number }) => Place,
): void {
  const launches = all.filter((one) => !one.parts.serves)
  const called = calledScripts(claims, context, facts)
  // A script of the project that starts programs is one.
  const starts = [...launches, ...called.filter((one) => one.launches.length > 0)]
  const first = starts.length === 0 ? undefined : Math.min(...starts.map(({ command }) => command.start))
  for (const wait of waitingOf(facts, first, text)) claimWait(claims, wait, wait.span, machine, placeOf)
  for (const { command, path, facts, launches, text } of called)
    for (const wait of waitingOf(facts, launches[0]?.command.start, text))
      claimWait(claims, wait, command, machine, placeOf, `it stands in ${path}: take it out there`)
  const keepsDisk = machine.keepsDisk === true
  const own = settingUpOf(facts, first, text, keepsDisk, machine.synced)
  claimSettingUp(claims, own.length > 0 ? own : settingUpCalled(called, keepsDisk), machine, placeOf)
}

/** `elsewhere`: why a change is refused, where it does not stand in this file. */
function claimWait(
  claims: ClaimBuilder,
  wait: Waiting,
  span: { start: number; end: number },
  machine: JobMachine,
  placeOf: (span: { start: number; end: number }) => Place,
  elsewhere?: string,
): void {
  const at = placeOf(span)
  const target =
    elsewhere === undefined
      ? ({ kind: 'command line' } as const)
      : ({ kind: 'refused', reason: elsewhere } as const)
  const operation = claimOperation(claims, {
    kind: 'hold',
    place: 'run',
    key: wait.what,
    at,
    site: { ...at, target },
    scope: '',
    evidence: machine.evidence,
    wantedFor: wait.notebook ? 'a notebook server' : null,
    ...(machine.job === undefined ? {} : { job: machine.job }),
    // All commands of a block of YAML are shown at the block.
    apart: `hold ${span.start}`,
  })
  operation.known('stage', wait.what, wait.stage, at)
  operation.known('seconds', wait.what, wait.seconds, at)
  operation.known('holder', 'job', machine.holder, at)
  if (wait.afterFailure === true) operation.known('subject', wait.what, 'a failure', at)
  if (machine.byHand === true) operation.known('byHand', 'name', true, at)
  if (machine.gpus !== null) operation.known('gpus', 'job', machine.gpus, at)
}

interface CalledScript {
  command: ShellCommand
  path: string
  facts: ShellFacts
  launches: FoundLaunch[]
  text: string
}

/** What scripts of the project start that the job calls. */
export function launchesBelow(
  claims: ClaimBuilder,
  context: ReaderContext,
  facts: ShellFacts,
): FoundLaunch[] {
  return calledScripts(claims, context, facts).flatMap(({ launches }) => launches)
}

/** Scripts of the project that the job calls: `bash run.sh`. */
function calledScripts(claims: ClaimBuilder, context: ReaderContext, facts: ShellFacts): CalledScript[] {
  return facts.commands.flatMap((command) => {
    const path = mayBeDoneBefore(command) ? null : calledScript(command)
    if (path === null) return []
    claims.namesText({ path })
    const script = context.textOf(path)
    if (script === undefined) return []
    const inner = context.shell(script.text)
    const launches = launchesOf(inner.commands, (span) => claims.locate(span))
    return [{ command, path: script.path, facts: inner, launches, text: script.text }]
  })
}

/** What the first of them that does so fetches before its own programs, told at its call. */
function settingUpCalled(called: readonly CalledScript[], keepsDisk: boolean): SettingUp[] {
  for (const { command, facts, launches, text } of called) {
    const found = settingUpOf(facts, launches[0]?.command.start, text, keepsDisk)
    if (found.length > 0) return found.map((one) => ({ ...one, command }))
  }
  return []
}

/** A shell script by its path in the project: containers have it below a folder of their own (`/workspace/scripts/run.sh`). */
function calledScript({ words, unreachable, background }: ShellCommand): string | null {
  if (unreachable || background) return null
  const names = words.map((word) => word.text ?? '')
  const at = names.findIndex((name) => /[\w-]\.(sh|bash)$/.test(name))
  if (
    at < 0 ||
    names.slice(0, at).some((name) => !/^(srun|exec|time|bash|sh|\/bin\/(ba)?sh|-\w+)$/.test(name))
  )
    return null
  const path = names[at]!.replace(/^\.\//, '')
  return path.startsWith('/') ? path.split('/').slice(-2).join('/') : path
}

/** `['bash', '-c', 'pip install … && python train.py']` as the command of a container that code describes. */
export function claimQuotedSetUp(
  claims: ClaimBuilder,
  command: ShellCommand,
  machine: JobMachine,
  place: Place,
): void {
  const found = quotedSettingUp(command)
  if (found !== null) claimSettingUp(claims, [{ command, ...found }], machine, () => place)
}

/** Commands that a platform runs on the machine before those of the job: whatever they fetch, it is held meanwhile. */
export function claimSetUpPhase(
  claims: ClaimBuilder,
  facts: ShellFacts,
  machine: JobMachine,
  placeOf: (span: { start: number; end: number }) => Place,
): void {
  const operation = claimSettingUp(claims, settingUpIn(facts), machine, placeOf)
  operation?.known('stage', 'setup', 'before', operation.subject.location)
}

function claimSettingUp(
  claims: ClaimBuilder,
  found: readonly SettingUp[],
  machine: JobMachine,
  placeOf: (span: { start: number; end: number }) => Place,
): SubjectBuilder<'Operation'> | null {
  const [first] = found
  if (first === undefined) return null
  const at = placeOf(first.command)
  const operation = claimOperation(claims, {
    kind: 'set up',
    place: 'run',
    key: first.what,
    at,
    site: { ...at, target: { kind: 'refused', reason: setUpElsewhere } },
    scope: '',
    evidence: machine.evidence,
    places: found.map((one) => ({ what: one.what, node: placeOf(one.command) })),
    weight: 'ordinary',
    ...(machine.job === undefined ? {} : { job: machine.job }),
    subject: [...new Set(found.map((one) => one.kind))].join(', '),
  })
  operation.known('holder', 'job', machine.holder, at)
  if (machine.gpus !== null) operation.known('gpus', 'job', machine.gpus, at)
  if (machine.model !== null) operation.known('gpuModel', 'job', machine.model, at)
  return operation
}

/** It is one of the job's own commands, whichever format the job has. */
export function isJobOperation(claim: Claim): boolean {
  return claim.site.target?.kind === 'command line'
}

/** The change of a waiting command: away with its line. */
export function changeJobOperation(claim: Claim, facts: FragmentFacts): Change | Refusal {
  if (facts.shell === undefined) return { reason: 'remove it from the command of the container' }
  return removeLine(`Remove \`${claim.key}\``, claim.site, facts)
}

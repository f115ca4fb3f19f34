/** What a job does with its machine beside the programs that it starts: waiting, and fetching what it needs. */
import type { ShellFacts } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import type { FragmentFacts } from '../reader.js'
import type { FoundLaunch } from './launches.js'
import { removeLine } from './remove-line.js'
import { type SettingUp, settingUpIn, settingUpOf } from './setting-up.js'
import { waitingOf } from './waiting.js'

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
  facts: ShellFacts,
  all: FoundLaunch[],
  machine: JobMachine,
  text: string | null,
  placeOf: (span: { start: number; end: number }) => Place,
): void {
  const launches = all.filter((one) => !one.parts.serves)
  for (const wait of waitingOf(facts, launches, text)) {
    const at = placeOf(wait.span)
    const operation = claimOperation(claims, {
      kind: 'hold',
      place: 'run',
      key: wait.what,
      at,
      site: { ...at, target: { kind: 'command line' } },
      scope: '',
      evidence: machine.evidence,
      wantedFor: wait.notebook ? 'a notebook server' : null,
      ...(machine.job === undefined ? {} : { job: machine.job }),
      // All commands of a block of YAML are shown at the block.
      apart: `hold ${wait.span.start}`,
    })
    operation.known('stage', wait.what, wait.stage, at)
    operation.known('seconds', wait.what, wait.seconds, at)
    operation.known('holder', 'job', machine.holder, at)
    if (machine.byHand === true) operation.known('byHand', 'name', true, at)
    if (machine.gpus !== null) operation.known('gpus', 'job', machine.gpus, at)
  }
  claimSettingUp(claims, settingUpOf(facts, launches, text, machine.keepsDisk === true), machine, placeOf)
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

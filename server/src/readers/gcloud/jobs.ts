/**
 * Jobs of Vertex AI that a command line starts: `gcloud ai custom-jobs create`, `gcloud ai hp-tuning-jobs create`.
 * Source: reference of the Google Cloud CLI. What a file given with `--config` says is read from that file.
 */

import type { ShellWord } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import { readArguments } from '../../link/script-arguments.js'
import { optionValue } from '../../text/change-target.js'
import { asCount, asWord } from '../../values/parse.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { ownProcesses } from '../../workload/sharing.js'
import { bareCommand } from '../bare-command.js'
import { byHand } from '../change-answer.js'
import { addOptions, commandSite, replaceValue } from '../command-lines/change.js'
import {
  type CloudCommand,
  type CloudOption,
  cloudCommands,
  optionOf,
  type Piece,
  pieceOf,
  piecesOf,
} from '../command-lines/cloud-command.js'
import { OptionSource } from '../command-lines/option-source.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { settingTable } from '../setting-table.js'
import { claimShellLaunch, launchesOf } from '../shell/launches.js'
import {
  claimVertexService,
  type HeldMachine,
  jobEvidence,
  machineHeld,
  sameMachines,
} from '../vertex/machines.js'

const wanted = /^ai (custom-jobs|hp-tuning-jobs) create\b/
const week = 7 * 86_400

const algorithms = new Map([
  ['grid-search', 'grid' as const],
  ['random-search', 'random' as const],
])

/** The file of `--config` may say otherwise. */
const tuningSettings = settingTable('Search', {
  strategy: { keys: ['algorithm'], parse: asWord(algorithms), otherwise: 'bayesian' },
  trialCap: { keys: ['max-trial-count'], parse: asCount, otherwise: 1 },
  parallelism: { keys: ['parallel-trial-count'], parse: asCount, otherwise: 1 },
})

export const gcloudJobsReader = defineReader({
  name: 'gcloud-jobs',
  title: 'gcloud',
  settings: [tuningSettings],
  languages: ['shell', 'yaml'],
  triggers: ['custom-jobs', 'hp-tuning-jobs'],
  read(facts, context, claims) {
    cloudCommands('gcloud', facts, context, wanted).forEach((one, index) => {
      if (/^ai hp-/.test(one.verb)) readTuning(claims, one)
      else readJob(claims, one, `${claims.path}#gcloud:${facts.fragment.index}:${index}`)
    })
  },
  change: changeJob,
})

interface Pool {
  option: CloudOption
  pieces: Piece[]
}

function readJob(claims: ClaimBuilder, one: CloudCommand, job: string): void {
  const pools = one.options
    .filter((option) => option.name === 'worker-pool-spec')
    .map((option): Pool | null => {
      const pieces = piecesOf(option)
      return pieces === null ? null : { option, pieces }
    })
  const [first] = pools
  if (first === undefined || first === null) return
  const specs = pools.map((pool) => (pool === null ? null : specOf(pool.pieces)))
  const held: HeldMachine =
    specs[0] === null || specs[0] === undefined
      ? { gpus: null, model: null, cpus: null, tpu: false }
      : machineHeld(specs[0])
  const name = optionOf(one, 'display-name')
  const compute = claims.subject('Compute', one.head, name?.value ?? 'gcloud', jobEvidence(held), job)
  claimVertexService(compute, 'gcloud ai custom-jobs', one.head, false)
  if (typeof name?.value === 'string') compute.known('name', 'display-name', name.value, name.place)
  const region = optionOf(one, 'region')
  if (typeof region?.value === 'string') compute.known('region', 'region', region.value, region.place)
  claimMachine(compute, first.pieces, first.option, held)
  const nodes = claimNodes(compute, one, pools)
  const readable = specs.every((spec) => spec !== null)
  if (pools.length > 1)
    compute.known(
      'sharing',
      'worker-pool-spec',
      readable && sameMachines(specs as NonNullable<(typeof specs)[number]>[])
        ? ownProcesses.pools
        : ownProcesses.differingPools,
      one.head,
    )
  else if (nodes !== 1) compute.known('sharing', 'replica-count', ownProcesses.service, one.head)
  claimScheduling(compute, one)
  claimProgram(claims, one, first, job, nodes)
}

/** Null: a machine or an accelerator that cannot be read. */
function specOf(pieces: Piece[]): Parameters<typeof machineHeld>[0] | null {
  const type = pieceOf(pieces, 'machine-type')
  const card = pieceOf(pieces, 'accelerator-type')
  const count = pieceOf(pieces, 'accelerator-count')
  if (card !== undefined && card.value === null) return null
  const number =
    count === undefined ? undefined : /^\d+$/.test(count.value ?? '') ? Number(count.value) : null
  return { type: type?.value ?? null, accelerator: card?.value ?? null, count: number }
}

const site = ({ place, written }: Piece): Place => (written ? { ...place, target: optionValue } : place)

function claimMachine(
  compute: SubjectBuilder<'Compute'>,
  pieces: Piece[],
  option: CloudOption,
  held: HeldMachine,
): void {
  const type = pieceOf(pieces, 'machine-type')
  const count = pieceOf(pieces, 'accelerator-count')
  const card = pieceOf(pieces, 'accelerator-type')
  if (typeof type?.value === 'string')
    compute.known('instanceType', 'machine-type', type.value, type.place, {
      // Other machines do not take accelerators of this kind.
      site: card === undefined ? site(type) : type.place,
    })
  const own = count ?? card ?? type
  const place = own?.place ?? option.place
  const key =
    count !== undefined ? 'accelerator-count' : card !== undefined ? 'accelerator-type' : 'machine-type'
  if (held.gpus === null) compute.unknown('gpus', key, 'a machine that is not known', place)
  else
    compute.known('gpus', key, held.gpus, place, {
      ...(count === undefined ? {} : { site: site(count) }),
    })
  if (held.model !== null) compute.known('gpuModel', 'accelerator-type', held.model, card?.place ?? place)
  if (held.cpus !== null) compute.known('cpus', 'machine-type', held.cpus, place)
}

function claimNodes(
  compute: SubjectBuilder<'Compute'>,
  one: CloudCommand,
  pools: (Pool | null)[],
): number | null {
  const counts = pools.map((pool) => pieceOf(pool?.pieces, 'replica-count'))
  if (pools.length > 1 || pools[0] === null) {
    compute.unknown('nodes', 'replica-count', ownProcesses.pools, one.head)
    return null
  }
  const [given] = counts
  if (given === undefined) {
    compute.default('nodes', 'replica-count', 1, one.head)
    return 1
  }
  const count = /^\d+$/.test(given.value ?? '') ? Number(given.value) : null
  if (count === null) compute.unknown('nodes', 'replica-count', 'a variable', given.place)
  else compute.known('nodes', 'replica-count', count, given.place, { site: site(given) })
  return count
}

/** Only a configuration file can say how the job is scheduled. */
function claimScheduling(compute: SubjectBuilder<'Compute'>, one: CloudCommand): void {
  const options = { site: commandSite(one) }
  const elsewhere =
    optionOf(one, 'config') !== undefined ||
    optionOf(one, 'persistent-resource-id') !== undefined ||
    !one.complete
  compute.known(
    'reserved',
    'persistent-resource-id',
    optionOf(one, 'persistent-resource-id') !== undefined,
    one.head,
  )
  if (elsewhere) {
    compute.unknown('spot', 'config', 'a file says how it is scheduled', one.head, options)
    compute.unknown('timeLimit', 'config', 'a file says how it is scheduled', one.head, options)
    return
  }
  compute.default('spot', 'scheduling.strategy', false, one.head, options)
  compute.default('timeLimit', 'scheduling.timeout', week, one.head, options)
}

/** `local-package-path=.,script=trainer/task.py`, with the arguments of `--args`. */
function claimProgram(
  claims: ClaimBuilder,
  one: CloudCommand,
  { pieces, option }: Pool,
  job: string,
  nodes: number | null,
): void {
  const script = pieceOf(pieces, 'script')
  const module = pieceOf(pieces, 'python-module')
  const path = script?.value ?? null
  if (path === null && typeof module?.value !== 'string') {
    claimImage(claims, one, option, job, nodes)
    return
  }
  const folder = pieceOf(pieces, 'local-package-path')
  const base =
    folder === undefined ? '' : folder.value === null ? null : folder.value.replace(/^\.\/?|\/$/g, '')
  const given = optionOf(one, 'args')
  const words = given === undefined ? [] : listWords(given)
  const read = readArguments(words ?? [], (span) => claims.locate(span))
  claims.launch(
    {
      id: `${job}:program`,
      job,
      launcher: 'python',
      program: {
        path,
        module: path === null ? module!.value : null,
        bases: base === null ? [] : [base],
      },
      flags: read.flags,
      positionals: read.positionals,
      complete: words !== null && read.complete && one.complete,
      environment: {},
      launcherFlags: {},
      processes: 1,
      nodes: nodes ?? 1,
      files: read.files,
    },
    (script ?? module)?.place ?? option.place,
  )
}

/** `container-image-uri=gcr.io/team/train`, with the `--command` and the `--args` that the image is given. */
function claimImage(
  claims: ClaimBuilder,
  one: CloudCommand,
  pool: CloudOption,
  job: string,
  nodes: number | null,
): void {
  const name = /(?:^|,)container-image-uri=([^,]+)/.exec(pool.outline ?? '')?.[1]
  if (name === undefined) return
  const [given, command] = ['args', 'command'].map((option) => {
    const found = optionOf(one, option)
    return found === undefined ? [] : listWords(found)
  })
  const place = pool.place
  if (command === null || given === null) return
  if (command!.length > 0) {
    const started = bareCommand([...command!, ...given!], place)
    for (const launch of launchesOf([started], () => claims.locate(place)))
      claimShellLaunch(claims, launch, { job, id: `${job}:program`, place, nodes })
    return
  }
  const read = readArguments(given!, () => claims.locate(place))
  claims.launch(
    {
      id: `${job}:image`,
      job,
      launcher: 'image',
      program: { path: null, module: null, bases: [] },
      image: {
        name,
        arguments: given!.length === 0 ? 'none' : 'given',
        words: given!.map(({ text }) => text),
      },
      flags: read.flags,
      positionals: read.positionals,
      complete: read.complete && one.complete,
      environment: {},
      launcherFlags: {},
      processes: null,
      nodes: nodes ?? 1,
      files: read.files,
    },
    place,
  )
}

/** As outlines of words write it; behind a dollar sign that stands for itself in a replacement. */
const unreadable = `$$\{?}`

/** A list with commas, or with the separator that it names (`^;^`); null: not readable. */
function listWords({ outline, place: { start, end } }: CloudOption): ShellWord[] | null {
  if (outline === null) return null
  const other = /^\^(.{1,3})\^/.exec(outline)
  const text = other === null ? outline : outline.slice(other[0].length)
  return text.split(other?.[1] ?? ',').map((part): ShellWord => {
    // `{LR}` is a variable of the notebook.
    const masked = part.replace(/\$?\{[^{}]*\}/g, unreadable)
    return masked.includes('{?}')
      ? { text: null, outline: masked, raw: part, start, end }
      : { text: part, raw: part, start, end }
  })
}

/** How many trials, and how many at once; what they try out is in the file. */
function readTuning(claims: ClaimBuilder, one: CloudCommand): void {
  const evidence: Evidence = { role: 'job', accelerator: 'maybe', small: null, notebook: false }
  const name = optionOf(one, 'display-name')
  const search = claims.subject('Search', one.head, name?.value ?? 'gcloud', evidence)
  search.known('unit', 'gcloud ai hp-tuning-jobs', 'job', one.head)
  search.known('folds', 'gcloud ai hp-tuning-jobs', 1, one.head)
  search.known('persisted', 'gcloud ai hp-tuning-jobs', true, one.head)
  search.known('alternatives', 'algorithm', ['bayesian'], one.head)
  tuningSettings.claim(search, new OptionSource(one, claims, { withName: true }))
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const number = Number(value)
  if (claim.site.target?.kind === 'option') {
    switch (claim.setting) {
      case 'gpus':
        return replaceValue(claim, facts, `Request ${number} GPU: ${claim.key}=${number}`, String(number))
      case 'nodes':
        return replaceValue(
          claim,
          facts,
          `Run it on ${number} machine: ${claim.key}=${number}`,
          String(number),
        )
      case 'instanceType':
        return replaceValue(claim, facts, `Use ${value}`, String(value))
      case 'parallelism':
        return replaceValue(
          claim,
          facts,
          `At most ${number} trials at once: --${claim.key}=${number}`,
          String(number),
        )
      case 'trialCap':
        return replaceValue(
          claim,
          facts,
          `At most ${number} trials: --${claim.key}=${number}`,
          String(number),
        )
    }
  }
  if (claim.setting === 'spot')
    return {
      reason:
        'no option of the command asks for it: put the job into a file with `scheduling: {strategy: SPOT, restartJobOnWorkerRestart: true}` and give it with --config',
    }
  if (claim.setting === 'parallelism' || claim.setting === 'trialCap')
    return addOptions(claim, facts, `--${claim.key}=${number}`, [`--${claim.key}=${number}`])
  return byHand(claim)
}

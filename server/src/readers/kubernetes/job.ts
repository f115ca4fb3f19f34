/** Jobs and CronJobs of Kubernetes, and the ScaledJobs of KEDA, which start Jobs by the length of a queue. Source: KEDA 2.18, ScaledJob spec. */

import { at, entry, items, map, number } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { languageOf } from '../../text/language.js'
import { nodeValue } from '../../values/config-source.js'
import { convert, orDefault } from '../../values/operations.js'
import { asQuotedNumber } from '../../values/parse.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place, SubjectBuilder } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { trainsByName } from '../machine-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { changeJobOperation, isJobOperation, type JobMachine } from '../shell/job-operations.js'
import type { Work } from '../shell/launches.js'
import { openedByHand, smallByCommand, smallByName } from '../tried-out.js'
import { carryOut, named, notWritten } from './change-plan.js'
import { claimLimits, holdersOf, mountSharedMemory } from './container-limits.js'
import { claimContainer } from './containers.js'
import { claimCronJob, scheduleOf, waitForTheRunBefore } from './cron-job.js'
import { claimMachine } from './machine.js'
import { type KubernetesObject, manifestLanguages, nameOf, objectsIn, shownWith } from './objects.js'
import {
  type Accelerators,
  acceleratorsOf,
  isFilledIn,
  isIdleImage,
  isPatch,
  isServerImage,
  keptOnAccelerators,
  machineOf,
  queueLimits,
} from './pod.js'
import { processorsOnly } from './processors-only.js'
import { claimRetries } from './retries.js'
import { claimTimeLimit } from './time-limit.js'
import { claimWorkbench } from './workbench.js'

const deadline = 'activeDeadlineSeconds'

type Keys = (string | number)[]

interface Job extends KubernetesObject {
  kind: 'Job' | 'CronJob' | 'ScaledJob'
  /** Keys to the Job's own specification. */
  spec: Keys
}

export const kubernetesReader = defineReader({
  name: 'kubernetes',
  languages: manifestLanguages,
  triggers: ['batch/v1', 'ScaledJob', 'kubernetes_job', 'kubernetes_cron_job'],
  read(facts, context, claims) {
    for (const job of jobsIn(facts)) readJob(claims, context, job)
  },
  change: changeJob,
})

const kinds: Record<Job['kind'], { version: string; spec: Keys }> = {
  Job: { version: 'batch/v1', spec: ['spec'] },
  CronJob: { version: 'batch/v1', spec: ['spec', 'jobTemplate', 'spec'] },
  ScaledJob: { version: 'keda.sh/', spec: ['spec', 'jobTargetRef'] },
}

function jobsIn(facts: FragmentFacts): Job[] {
  return objectsIn(facts).flatMap((object): Job[] => {
    const kind = (['Job', 'CronJob', 'ScaledJob'] as const).find((one) => one === object.kind)
    if (kind === undefined || !object.version.startsWith(kinds[kind].version)) return []
    return [{ ...object, kind, spec: kinds[kind].spec }]
  })
}

function readJob(claims: ClaimBuilder, context: ReaderContext, job: Job): void {
  const { root, document } = job
  const spec = at(root, ...job.spec)
  const pod = at(spec, 'template', 'spec')
  if (map(spec) === undefined || map(pod) === undefined) return
  const accelerators = acceleratorsOf(pod)
  const specEntry = entry(at(root, ...job.spec.slice(0, -1)), String(job.spec.at(-1)))!
  const keys = [...job.base, ...job.spec]
  const place: Place = { start: specEntry.keyStart, end: specEntry.keyEnd, document: document.index, keys }
  const named = nameOf(job)
  const name = named?.value
  const id = `${claims.path}#${document.index}${job.base.map((key) => `.${key}`).join('')}:${job.kind}`
  const evidence: Evidence = {
    role: 'job',
    accelerator: accelerators === null ? 'none' : accelerators.kind,
    small: smallByName(name) ?? smallByCommand([pod!]),
    notebook: false,
  }
  const compute = claims.subject('Compute', place, name ?? job.kind, evidence, id)
  compute.known('provider', job.kind, 'kubernetes', place)
  compute.known('trials', job.kind, job.trial, place)
  if (named !== null)
    compute.known('name', 'metadata.name', named.value, { ...nodePlace(named.node), keys: named.keys })
  const nodes = claimNodes(compute, spec, place)

  const work: Work[] = []
  items(at(pod, 'containers')).forEach((container, index) => {
    const holds = accelerators?.places.some((one) => one[1] === index) ?? false
    const machine = holds
      ? machineHeld(accelerators!, nodes, effective(machineOf(claims, pod).gpuModel?.value) ?? null, evidence)
      : null
    if (machine !== null)
      machine.byHand =
        openedByHand(name) && (machine.gpus === 1 || (evidence.accelerator === 'tpu' && nodes === 1))
    const found = claimContainer(claims, context, container, id, `${id}:${index}`, nodes, machine)
    if (found !== null) work.push(found)
  })
  const plain = accelerators === null ? processorsOnly(pod) : null
  if (accelerators !== null) {
    claimAccelerators(compute, accelerators, [...keys, 'template', 'spec'], document.index)
    // What a script fills in may be none.
    if (isFilledIn(accelerators) && languageOf(claims.path) === 'yaml')
      compute.known(
        'gpusFilledIn',
        accelerators.resource,
        true,
        shownWith(compute.locator, accelerators.shown),
      )
  } else if (plain !== null)
    compute.known('gpus', 'resources', 0, { start: plain.keyStart, end: plain.keyEnd })
  claimLimits(
    compute,
    pod,
    holdersOf(accelerators?.places ?? []),
    [...keys, 'template', 'spec'],
    document.index,
  )
  claimMachine(compute, job, { pod: pod!, keys: [...keys, 'template', 'spec'] }, place)
  claimDeadline(compute, job, spec, pod, place, work)
  claimRetries(compute, spec, place, isPatch(pod))
  if (job.kind === 'CronJob')
    compute.say('startedEvery', 'schedule', scheduleOf(claims, at(root, 'spec'), place).interval)
  const trains = trainsByName.test(name ?? '')
  if (job.kind === 'CronJob' && (accelerators !== null || trains)) {
    const own = entry(root, 'spec')!
    const limit = claims.extraction.claims
      .filter((claim) => claim.subject === compute.subject.id && claim.setting === 'timeLimit')
      .at(-1)
    claimCronJob(claims, {
      spec: own.value,
      place: { start: own.keyStart, end: own.keyEnd, document: document.index, keys: [...job.base, 'spec'] },
      name,
      gpus:
        accelerators === null ? 0 : accelerators.count === null ? null : accelerators.count * (nodes ?? 1),
      trains,
      runLimit: effective(limit) as number | null | undefined,
      evidence,
    })
  }
  const containers = items(at(pod, 'containers'))
  const idle = containers.every(isIdleImage) || (accelerators !== null && containers.some(isServerImage))
  compute.known('service', 'command', idle || (work.length > 0 && work.every((one) => one.service)), place)
  if (accelerators !== null && at(spec, deadline) === undefined && work.some((one) => one.workbench))
    claimWorkbench(compute, pod, place)
  const sharing =
    work.find((one) => one.sharing !== null && !one.sharedByScript)?.sharing ??
    work.find((one) => one.sharing !== null)?.sharing ??
    (accelerators !== null && accelerators.containers > 1 ? 'several containers' : null) ??
    (accelerators?.resource.startsWith('aws.amazon.com/neuron') === true ? 'cores of a device' : null)
  if (sharing !== null) compute.known('sharing', 'command', sharing, place)
}

function machineHeld(
  { count }: Accelerators,
  nodes: number | null,
  model: string | null,
  evidence: Evidence,
): JobMachine {
  return { holder: 'the pod', gpus: count === null ? null : count * (nodes ?? 1), model, evidence }
}

const nodePlace = (node: ConfigNode): Place => ({ start: node.start, end: node.end })

function claimNodes(
  compute: SubjectBuilder<'Compute'>,
  spec: ConfigNode | undefined,
  place: Place,
): number | null {
  const parallel = convert(nodeValue(at(spec, 'parallelism'), place, compute.locator), asQuotedNumber)
  const nodes = orDefault(parallel, 1)
  compute.say('nodes', 'parallelism', nodes)
  return effective(nodes) ?? null
}

function claimAccelerators(
  compute: SubjectBuilder<'Compute'>,
  found: Accelerators,
  pod: Keys,
  document: number,
): void {
  const { shown, resource, count } = found
  const at = shownWith(compute.locator, shown)
  const site: Place = { ...at, document, keys: pod, target: { kind: 'amounts', paths: found.places } }
  if (count === null) compute.unknown('gpus', resource, 'template', at, { site })
  else compute.known('gpus', resource, count, at, { site })
}

/** The earliest that is known to end the job: its own deadline, the pod's, the queue's, `timeout` around the program. */
function claimDeadline(
  compute: SubjectBuilder<'Compute'>,
  job: Job,
  spec: ConfigNode | undefined,
  pod: ConfigNode | undefined,
  place: Place,
  work: Work[],
): void {
  claimTimeLimit(compute, {
    candidates: [
      [deadline, at(spec, deadline)],
      [deadline, at(pod, deadline)],
      ...queueLimits(at(job.root, 'metadata')),
      ...queueLimits(at(job.root, 'spec', 'jobTemplate', 'metadata')),
    ],
    key: deadline,
    work,
    place,
    site: place,
    ...(isPatch(pod) ? { unknown: 'a patch of another manifest' } : {}),
  })
}

function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isJobOperation(claim)) return changeJobOperation(claim, facts)
  if (['spot', 'instanceType', 'processes'].includes(claim.setting)) return carryOut(claim, value, facts)
  const { document: index, keys, fragment } = claim.site
  if (index === undefined || keys === undefined)
    return { reason: `${claim.key} has to be changed by hand here` }
  if (index === notWritten) return { reason: 'change it in the blocks of the resource' }
  const document = facts.config?.documents[index]
  const node = at(document?.root, ...keys)
  if (map(node) === undefined) return { reason: 'the manifest has changed' }
  const set = (path: Keys, data: unknown, after?: string): Write => ({
    kind: 'set key',
    path: facts.path,
    fragment,
    document: index,
    keys: [...keys, ...path],
    value: data,
    ...(after === undefined ? {} : { after }),
  })
  const { target } = claim.site
  if (target?.kind === 'container') return mountSharedMemory(node!, target.index, set)
  if (claim.setting === 'timeLimit' && typeof value === 'number') {
    // A queue of many pods takes as long as it takes; what hangs is one of them.
    const many = (number(at(node, 'completions')) ?? 1) > (number(at(node, 'parallelism')) ?? 1)
    if (many) {
      return {
        title: `End each pod after ${value / 3600} hours: ${deadline}: ${value}`,
        safety: 'unsafe',
        writes: [set(['template', 'spec', deadline], value)],
        imports: [],
      }
    }
    const writes = [
      set([deadline], value, entry(node, 'backoffLimit') === undefined ? undefined : 'backoffLimit'),
    ]
    return {
      title: `End the job after ${value / 3600} hours: ${deadline}: ${value}`,
      safety: 'unsafe',
      writes,
      imports: [],
    }
  }
  if (claim.setting === 'concurrentRuns') return waitForTheRunBefore(claim, facts)
  if (claim.setting === 'retries' && typeof value === 'number') {
    return {
      title: `Retry at most once: ${claim.key}: ${value}`,
      safety: 'unsafe',
      writes: [set([claim.key], value)],
      imports: [],
    }
  }
  if (claim.setting === 'gpus' && typeof value === 'number' && target?.kind === 'amounts') {
    if (target.paths.length > 2) return { reason: 'several containers ask for accelerators' }
    const kept = value === 0 ? keptOnAccelerators(node) : null
    if (kept !== null && 'reason' in kept) return kept
    const freed = (kept?.labels ?? []).map(
      (place): Write => ({
        kind: 'remove key',
        path: facts.path,
        fragment,
        document: index,
        keys: [...keys, ...place],
      }),
    )
    const amounts = target.paths.map((place) => {
      const before = at(node, ...place)
      // `"4"` stays a string: some templates and older tools insist on it.
      const quoted = before?.kind === 'scalar' && typeof before.value === 'string'
      return set([...place], quoted ? String(value) : value)
    })
    return {
      title: value === 0 ? `Request no GPU${named(freed)}` : `Request ${value} GPU`,
      safety: 'unsafe',
      writes: [...amounts, ...freed],
      imports: [],
    }
  }
  return { reason: `${claim.key} has to be changed by hand here` }
}

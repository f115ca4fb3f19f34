/** Argo Workflows (argoproj.io/v1alpha1): each template that runs a container asks for a machine of its own. */
import {
  at,
  boolean,
  entries,
  entry,
  items,
  map,
  number,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigMap, ConfigNode } from '../../config/node.js'
import { orDefault } from '../../values/operations.js'
import type { Given } from '../../values/value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimJobGrid, dimensionsOf } from '../job-grid.js'
import { defineReader, type ReaderContext } from '../reader.js'
import { changeJobOperation, isJobOperation } from '../shell/job-operations.js'
import { carryOut, type Keys } from './change-plan.js'
import { claimCronJob, waitForTheRunBefore } from './cron-job.js'
import {
  type KubernetesObject,
  manifestLanguages,
  numberAt,
  objectsIn,
  placeOf,
  specPlace,
} from './objects.js'
import {
  callsOf,
  isWorkflowParameter,
  tasksOf,
  withNodeAt,
  withWorkflowParameters,
} from './workflow-parameters.js'
import { type Claimed, claimTimeLimit, claimWorkload, deadlineKey, type Workload } from './workload.js'

/** Policies that start a step again for faults of the machine only. */
const faultsOfMachine = /^(OnError|OnTransientError)$/

export const argoReader = defineReader({
  name: 'argo',
  languages: manifestLanguages,
  triggers: ['argoproj.io/v1alpha1'],
  read(facts, context, claims) {
    for (const object of objectsIn(facts)) {
      if (!object.version.startsWith('argoproj.io/') || isCompiled(object)) continue
      const spec = /^(ClusterW|W)orkflow(Template)?$/.test(object.kind)
        ? ['spec']
        : object.kind === 'CronWorkflow'
          ? ['spec', 'workflowSpec']
          : null
      if (spec !== null) readWorkflow(claims, context, object, spec)
    }
  },
  change(claim, value, facts) {
    if (isJobOperation(claim)) return changeJobOperation(claim, facts)
    if (claim.setting === 'concurrentRuns') return waitForTheRunBefore(claim, facts)
    return carryOut(claim, value, facts)
  },
})

/** Written by the compiler of Kubeflow Pipelines 1, which writes it anew from the code of the pipeline. */
function isCompiled({ root }: KubernetesObject): boolean {
  return entry(at(root, 'metadata', 'annotations'), 'pipelines.kubeflow.org/kfp_sdk_version') !== undefined
}

function readWorkflow(
  claims: ClaimBuilder,
  context: ReaderContext,
  object: KubernetesObject,
  spec: Keys,
): void {
  let most = 0
  const onGpus = new Set<string>()
  const root = withWorkflowParameters(object.root, at(object.root, ...spec))
  const templates = items(at(root, ...spec, 'templates'))
  for (const [number, template] of templates.entries()) {
    const calls = callsOf(template, templates)
    for (const [index, call] of calls.entries()) {
      const keys = [...spec, 'templates', number]
      const called = { ...object, root: withNodeAt(root, keys, call) as ConfigMap }
      const part = calls.length === 1 ? '' : `:${index}`
      const claimed = readTemplate(claims, context, called, spec, number, call, part)
      most = Math.max(most, claimed?.gpus ?? 0)
      const name = text(at(call, 'name'))
      if (name !== undefined && (claimed?.gpus ?? 0) > 0 && trainsIn(call)) onGpus.add(name)
      const limit = at(object.root, ...keys, 'retryStrategy', 'limit')
      if (claimed !== null) claimRetries(claimed, called, keys, isWorkflowParameter(limit))
    }
  }
  for (const template of templates) claimItems(claims, template, onGpus)
  const place = specPlace(object)
  if (object.kind !== 'CronWorkflow' || most === 0 || place === null) return
  const limit = at(object.root, ...spec, deadlineKey)
  claimCronJob(claims, {
    spec: at(object.root, 'spec'),
    place,
    name: text(at(object.root, 'metadata', 'name')),
    gpus: most,
    runLimit: limit === undefined ? null : number(limit),
    evidence: { role: 'job', accelerator: 'gpu', small: null, notebook: false },
  })
}

/** By what its container is told to run. */
function trainsIn(template: ConfigNode): boolean {
  const container = at(template, 'container') ?? at(template, 'script')
  const words = ['command', 'args'].flatMap((key) =>
    items(at(container, key)).map((one) => written(one) ?? ''),
  )
  const run = [...words, written(at(container, 'source')) ?? ''].join(' ')
  return /train|fit|fine_?tune/i.test(run) && !/eval|infer|predict/i.test(run)
}

/** `withItems` of a task or a step that trains on accelerators: a pod for each item. */
function claimItems(claims: ClaimBuilder, template: ConfigNode, onGpus: ReadonlySet<string>): void {
  for (const task of tasksOf(template)) {
    const list = entry(task, 'withItems')
    if (list === undefined || !onGpus.has(text(at(task, 'template')) ?? '')) continue
    const all = items(list.value)
    if (all.some((one) => map(one) === undefined)) continue
    const given = items(at(task, 'arguments', 'parameters'))
      .map((one) => textWithTemplates(at(one, 'value')) ?? '')
      .join(' ')
    claimJobGrid(claims, {
      key: 'withItems',
      place: { start: list.keyStart, end: list.keyEnd },
      dimensions: dimensionsOf(
        all.map((one) => Object.fromEntries(entries(one).map(({ key, value }) => [key, written(value)]))),
      ),
      isHanded: (name) => name.split(', ').every((one) => given.includes(`item.${one}`)),
      onGpu: true,
    })
  }
}

function readTemplate(
  claims: ClaimBuilder,
  context: ReaderContext,
  object: KubernetesObject,
  spec: Keys,
  number: number,
  template: ConfigNode,
  /** Tells the calls of one template apart. */
  call: string,
): Claimed | null {
  const container = entry(template, 'container') ?? entry(template, 'script')
  if (container === undefined || container.value.kind !== 'map' || template.kind !== 'map') return null
  const keys: Keys = [...spec, 'templates', number]
  const name = entry(template, 'name') ?? container
  const { index } = object.document
  const place = {
    start: name.keyStart,
    end: Math.max(name.keyEnd, name.value.end),
    document: index,
    keys: [...object.base, ...keys],
  }
  const workload: Workload = {
    object,
    place,
    groups: [
      {
        pod: podOf(at(object.root, ...spec), template, container.value),
        keys: [...object.base, ...keys],
        replicas: { count: 1, keys: null },
        container: [container.key, 'resources'],
        starts: container.key === 'container',
      },
    ],
    part: `:${text(name.value) ?? number}${call}`,
    ...(call === '' ? {} : { shared: 'other steps run from the same template: give this one its own' }),
    ...(name.key === 'name' && text(name.value) !== undefined ? { name: text(name.value)! } : {}),
    ...(at(template, 'podSpecPatch') !== undefined || at(object.root, ...spec, 'podSpecPatch') !== undefined
      ? { patched: 'podSpecPatch' }
      : {}),
    ...(boolean(at(template, 'daemon')) === true ? { service: true } : {}),
    ...(container.key === 'script' ? { sharing: 'a script' } : {}),
  }
  const claimed = claimWorkload(claims, context, workload)
  const inherited = [
    at(object.root, ...spec, deadlineKey),
    at(object.root, ...spec, 'templateDefaults', deadlineKey),
  ]
  claimTimeLimit(claimed, workload, {
    given: [at(template, deadlineKey), ...inherited],
    ...(at(object.root, ...spec, 'workflowTemplateRef') === undefined
      ? {}
      : { unknown: 'the template of the workflow' }),
    plan: {
      title: `End the step after {hours} hours: ${deadlineKey}: {value}`,
      writes: [{ path: [...object.base, ...keys, deadlineKey], after: 'name' }],
    },
  })
  return claimed
}

/** A template as the pod that Argo makes of it. */
function podOf(spec: ConfigNode | undefined, template: ConfigNode, container: ConfigNode): ConfigNode {
  const { start, end } = template
  const place = { keyStart: start, keyEnd: start }
  const found = ['nodeSelector', 'affinity', 'tolerations', 'volumes'].flatMap((key) => {
    const one = entry(template, key) ?? entry(spec, key)
    return one === undefined ? [] : [one]
  })
  return {
    kind: 'map',
    start,
    end,
    entries: [
      ...found,
      { key: 'containers', ...place, value: { kind: 'list', items: [container], start, end } },
    ],
    ...(template.kind === 'map' && template.open !== undefined ? { open: template.open } : {}),
  }
}

function claimRetries(
  { compute }: Claimed,
  object: KubernetesObject,
  template: Keys,
  /** A parameter of the workflow says how often. */
  overridable: boolean,
): void {
  const strategy = at(object.root, ...template, 'retryStrategy')
  if (strategy === undefined || strategy.kind !== 'map') return
  const policy = at(strategy, 'retryPolicy')
  const place = placeOf(strategy)
  if (faultsOfMachine.test(written(policy) ?? ''))
    compute.known('retryFilter', 'retryPolicy', written(policy)!, placeOf(policy!))
  if (at(strategy, 'expression') !== undefined)
    compute.known('retryFilter', 'expression', 'retryStrategy.expression', place)
  const limit = at(strategy, 'limit')
  const key = limit === undefined ? 'retryStrategy without a limit' : 'retryStrategy.limit'
  const keys = [...template, 'retryStrategy', 'limit']
  const title = 'Retry at most once: limit: {value}'
  const given: Given<number | null> = numberAt(compute.locator, object, keys, place, title)
  const counted = orDefault(given, null)
  compute.say('retries', key, overridable ? { ...counted, overridable } : counted)
}

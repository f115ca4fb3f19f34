/**
 * Azure Pipelines: pipelines that train, and what starts them. Source: learn.microsoft.com/azure/devops/pipelines/yaml-schema.
 * Only a file with a `trigger` or `pr` of its own is taken for a pipeline: templates look the same without.
 */
import { at, entry, items, map, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimKeptFiles, type KeptFiles, keyForContent } from '../ci/kept-files.js'
import { claimCalls, namesGpu, runsTests, type Trained, trainedBy } from '../ci/training.js'
import { keyedPlace, writeKeys } from '../config-change.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'

export const azureDevopsReader = defineReader({
  name: 'azure-devops',
  languages: ['yaml'],
  triggers: ['vmImage', 'AzureCLI@', 'task:', 'azure-pipelines'],
  read(facts, context, claims) {
    for (const document of facts.config?.documents ?? []) readPipeline(claims, context, document)
  },
  change: changePipeline,
})

/** What a step of a pipeline runs, with the jobs and stages around it. */
interface Step {
  node: ConfigNode
  script: ConfigNode
  around: ConfigNode[]
}

function readPipeline(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const root = map(document.root)
  const trigger = entry(root, 'trigger') ?? entry(root, 'pr')
  if (root === undefined || trigger === undefined || entry(root, 'on') !== undefined) return
  claimKeptFiles(claims, 'Azure Pipelines', keptFiles(root))
  const steps = stepsIn(root)
  if (steps.length === 0) return
  const job = `${claims.path}#azure-pipelines:${document.index}`
  const sources = steps.map(({ script }) => textWithTemplates(script) ?? '')
  // A small model for the tests that follow.
  const tested = sources.map((one) => runsTests.test(one)).lastIndexOf(true)
  let calls = false
  let found: { step: Step; trained: Trained; gpu: boolean } | undefined
  steps.forEach((step, index) => {
    const gpu = onGpu(root, step)
    const trained = trainedBy(claims, context, step.script, sources[index]!)
    if (trained !== null && (gpu || !trained.local || index >= tested)) found ??= { step, trained, gpu }
    if (trained === null && index >= tested)
      calls =
        claimCalls(
          claims,
          context,
          { job, id: `${job}:${index}`, node: step.script, folder: '' },
          sources[index]!,
        ) || calls
  })
  if (found === undefined && !calls) return
  const dear = found !== undefined && (found.gpu || !found.trained.local)
  const evidence: Evidence = { role: 'job', accelerator: dear ? 'gpu' : 'none', small: null, notebook: false }
  const place = keyedPlace({ start: trigger.keyStart, end: trigger.keyEnd }, document.index, [])
  const pipeline = claims.subject('Pipeline', place, 'pipeline', evidence, found === undefined ? job : null)
  pipeline.known('engine', 'Azure Pipelines', 'Azure Pipelines', place)
  if (found !== undefined) {
    const { script } = found.step
    const shown: Place = { start: script.start, end: script.end }
    pipeline.known('work', found.trained.what, ['train'], shown, { site: place })
  }
  const starts = startsOf(entry(root, 'trigger'), entry(root, 'pr'))
  const starter = starts.first ?? trigger
  const startedAt = keyedPlace({ start: starter.keyStart, end: starter.keyEnd }, document.index, [])
  pipeline.known('startedBy', starter.key, starts.by, startedAt, { site: startedAt })
  if (starts.filtered) pipeline.known('startFilter', trigger.key, 'some changes', place)
  if (found !== undefined && [...found.step.around, found.step.node].some(gated))
    pipeline.known('startFilter', 'condition', 'under a condition', place)
  if (written(at(trigger.value, 'batch')) === 'true') pipeline.known('concurrentRuns', 'batch', 1, place)
}

/** Steps that run something. */
function stepsIn(root: ConfigMap): Step[] {
  return jobsIn(root).flatMap(({ steps, around }) =>
    steps.flatMap((node) => {
      const script = scriptOf(node)
      return script === undefined ? [] : [{ node, script, around }]
    }),
  )
}

/** Those at the top, in jobs, and in jobs of stages; those of a deployment stand under its strategy. */
function jobsIn(root: ConfigMap): { steps: ConfigNode[]; around: ConfigNode[] }[] {
  const ofJob = (job: ConfigNode, around: ConfigNode[]) => {
    const listed = [
      at(job, 'steps'),
      ...['runOnce', 'rolling', 'canary'].map((kind) => at(job, 'strategy', kind, 'deploy', 'steps')),
    ]
    return listed.map((steps) => ({ steps: items(steps), around }))
  }
  const ofJobs = (node: ConfigNode, around: ConfigNode[]) =>
    items(at(node, 'jobs')).flatMap((job) => ofJob(job, [...around, job]))
  return [
    ...ofJob(root, []),
    ...ofJobs(root, []),
    ...items(at(root, 'stages')).flatMap((stage) => ofJobs(stage, [stage])),
  ]
}

/** `task: Cache@2` that only takes what has its very key. */
function keptFiles(root: ConfigMap): KeptFiles[] {
  return jobsIn(root).flatMap(({ steps }, job) =>
    steps.flatMap((step, index): KeptFiles[] => {
      const inputs = at(step, 'inputs')
      const key = entry(inputs, 'key')
      const uses = /^Cache(Beta)?@/.test(text(at(step, 'task')) ?? '')
      if (!uses || key === undefined || at(inputs, 'restoreKeys') !== undefined) return []
      const variable = text(at(inputs, 'cacheHitVar'))
      const spared = steps.filter(
        (one) =>
          variable !== undefined && textWithTemplates(at(one, 'condition'))?.includes(variable) === true,
      )
      const words = spared.flatMap((one) => [text(at(one, 'displayName')), textWithTemplates(scriptOf(one))])
      const path = textWithTemplates(at(inputs, 'path')) ?? ''
      return [
        {
          name: text(at(step, 'displayName')) ?? path,
          words: [path, ...words].filter((word) => word !== undefined),
          key,
          scope: `${job}.${index}`,
        },
      ]
    }),
  )
}

/** `script:`, `bash:`, and the tasks that run one. */
function scriptOf(step: ConfigNode): ConfigNode | undefined {
  const own = at(step, 'script') ?? at(step, 'bash') ?? at(step, 'pwsh') ?? at(step, 'powershell')
  if (own !== undefined) return own
  return /^(AzureCLI|Bash|CmdLine|ShellScript|PowerShell)@/.test(text(at(step, 'task')) ?? '')
    ? (at(step, 'inputs', 'inlineScript') ?? at(step, 'inputs', 'script'))
    : undefined
}

function onGpu(root: ConfigMap, { around }: Step): boolean {
  return [root as ConfigNode, ...around].some((one) =>
    [at(one, 'pool'), at(one, 'pool', 'name'), at(one, 'pool', 'demands')].some((node) =>
      namesGpu(written(node) ?? textWithTemplates(node) ?? ''),
    ),
  )
}

/** A step, job or stage that only some runs come to. */
function gated(node: ConfigNode): boolean {
  const condition = textWithTemplates(at(node, 'condition')) ?? ''
  return /Build\.Reason|variables\[|variables\.|parameters|dependencies|stageDependencies/.test(condition)
}

interface Starts {
  /** Events that start it whatever has changed. */
  by: string[]
  /** Where the first of them stands. */
  first: ConfigEntry | undefined
  /** Some changes start it, and others do not. */
  filtered: boolean
}

/** Keys of a map that does more than to list tags. */
const wide = ['branches', 'batch', 'autoCancel', 'drafts']

function startsOf(trigger: ConfigEntry | undefined, pr: ConfigEntry | undefined): Starts {
  const by: string[] = []
  let first: ConfigEntry | undefined
  let filtered = false
  for (const [one, event] of [
    [trigger, 'push'],
    [pr, 'pull_request'],
  ] as const) {
    if (one === undefined || written(one.value) === 'none' || one.value.kind === 'unknown') continue
    const { value } = one
    if (entry(value, 'paths') !== undefined) filtered = true
    else if (value.kind !== 'map' || wide.some((key) => entry(value, key) !== undefined)) {
      by.push(event)
      first ??= one
    }
  }
  return { by, first, filtered: filtered && by.length === 0 }
}

const documentation = ['**/*.md', 'docs/**']

function changePipeline(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return keyForContent
  if (claim.setting !== 'startedBy' || claim.key !== 'trigger') return byHand(claim)
  const root = map(facts.config?.documents[claim.site.document ?? 0]?.root)
  if (map(at(root, 'trigger')) === undefined)
    return { reason: 'its trigger only lists branches: put them under `branches`, and add `paths`' }
  return writeKeys(claim, facts, 'Ignore changes to documentation: paths of the trigger', [
    { keys: ['trigger', 'paths'], value: { exclude: documentation } },
  ])
}

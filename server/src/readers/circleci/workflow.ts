/**
 * CircleCI: jobs that train, and what starts them. Source: circleci.com/docs, configuration reference and branch filters: a workflow
 * runs for each push to any branch unless `when`, `triggers` or the `filters` of a job say otherwise.
 */
import { at, entry, items, map, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigDocument, ConfigMap, ConfigNode } from '../../config/node.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimCalls, namesGpu, runsTests, type Trained, trainedBy } from '../ci/training.js'
import { defineReader, type ReaderContext } from '../reader.js'

export const circleciReader = defineReader({
  name: 'circleci',
  languages: ['yaml'],
  triggers: ['workflows:'],
  read(facts, context, claims) {
    if (!/(^|\/)\.circleci\/[^/]+\.ya?ml$/.test(facts.path)) return
    for (const document of facts.config?.documents ?? []) readJobs(claims, context, document)
  },
  change: () => ({ reason: 'say when the job runs: `filters` of the job, or `when` of its workflow' }),
})

function readJobs(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const { root } = document
  const jobs = map(at(root, 'jobs'))
  const pushed = jobs === undefined ? new Set<string>() : startedByPushes(map(at(root, 'workflows')))
  for (const { key, value, keyStart, keyEnd } of jobs?.entries ?? [])
    if (pushed.has(key)) readJob(claims, context, { key, value, place: { start: keyStart, end: keyEnd } })
}

/** Names of jobs that a workflow starts without anybody's word, for each push to some branch. */
function startedByPushes(workflows: ConfigMap | undefined): Set<string> {
  const found = new Set<string>()
  for (const { value } of workflows?.entries ?? []) {
    if (['when', 'unless', 'triggers'].some((one) => entry(value, one) !== undefined)) continue
    const jobs = items(at(value, 'jobs')).map((one) => {
      const [own] = map(one)?.entries ?? []
      return own === undefined
        ? { name: text(one), options: undefined }
        : { name: own.key, options: own.value }
    })
    const waits = jobs.some(({ options }) => text(at(options, 'type')) === 'approval')
    for (const { name, options } of jobs) {
      const filters = at(options, 'filters')
      // A condition, or tags alone.
      const others = filters?.kind === 'scalar' || written(at(filters, 'branches', 'ignore')) === '/.*/'
      // Somebody approves of what stands before it.
      const held = waits && entry(options, 'requires') !== undefined
      if (name !== undefined && !others && !held) found.add(name)
    }
  }
  return found
}

/** What a step runs: `run: python train.py`, or with a name beside it. */
function commandOf(step: ConfigNode): ConfigNode | undefined {
  const run = at(step, 'run')
  return run?.kind === 'map' ? at(run, 'command') : run
}

function readJob(
  claims: ClaimBuilder,
  context: ReaderContext,
  { key, value, place }: { key: string; value: ConfigNode; place: Place },
): void {
  const commands = items(at(value, 'steps')).flatMap((step) => commandOf(step) ?? [])
  const sources = commands.map((one) => textWithTemplates(one) ?? '')
  const gpu = namesGpu(text(at(value, 'resource_class')) ?? '')
  // A small model for the tests that follow.
  const tested = gpu ? -1 : sources.map((one) => runsTests.test(one)).lastIndexOf(true)
  const job = `${claims.path}#circleci:${key}`
  let found: { trained: Trained; command: ConfigNode } | undefined
  let calls = false
  commands.forEach((command, index) => {
    if (found !== undefined || index < tested) return
    const trained = trainedBy(claims, context, command, sources[index]!)
    const step = { job, id: `${job}:${index}`, node: command, folder: '' }
    if (trained !== null) found = { trained, command }
    else calls = claimCalls(claims, context, step, sources[index]!) || calls
  })
  if (found === undefined && !calls) return
  const dear = gpu || found?.trained.local === false
  const evidence: Evidence = { role: 'job', accelerator: dear ? 'gpu' : 'none', small: null, notebook: false }
  const pipeline = claims.subject('Pipeline', place, key, evidence, found === undefined ? job : null)
  pipeline.known('engine', 'CircleCI', 'CircleCI', place)
  pipeline.known('name', 'jobs', key, place)
  if (found !== undefined) {
    const { start, end } = found.command
    pipeline.known('work', found.trained.what, ['train'], { start, end }, { site: place })
  }
  pipeline.known('startedBy', 'workflows', ['push'], place)
}

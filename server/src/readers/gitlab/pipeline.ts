/**
 * GitLab CI: jobs that train, and what starts them. Source: docs.gitlab.com/ci/yaml: without `rules` and `only` a job
 * runs for each push to a branch; `extends` lays maps over each other; what is older is cancelled where it is `interruptible`.
 */
import {
  at,
  boolean,
  entries,
  entry,
  isUnknown,
  items,
  list,
  map,
  text,
  textWithTemplates,
  written,
} from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigMap, ConfigNode } from '../../config/node.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { byHand } from '../change-answer.js'
import { claimKeptFiles, type KeptFiles, keyForContent } from '../ci/kept-files.js'
import { keptApart } from '../ci/parallel-runs.js'
import { claimCalls, namesGpu, runsTests, type Trained, trainedBy } from '../ci/training.js'
import { type Keys, keyedPlace, writeKeys } from '../config-change.js'
import { claimJobGrid } from '../job-grid.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'

const reserved = new Set(
  'default include stages variables workflow image services before_script after_script cache spec'.split(' '),
)
const deepest = 8

export const gitlabReader = defineReader({
  name: 'gitlab-ci',
  languages: ['yaml'],
  triggers: ['script:'],
  read(facts, context, claims) {
    if (!/(^|\/)(\.gitlab-ci|[^/]*\.gitlab-ci|\.gitlab\/[^/]+|\.gitlab\/ci\/[^/]+)\.ya?ml$/.test(facts.path))
      return
    for (const document of facts.config?.documents ?? []) readPipeline(claims, context, document)
  },
  change: changeJob,
})

function readPipeline(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const root = map(document.root)
  if (root === undefined) return
  claimKeptFiles(claims, 'GitLab CI', keptFiles(root))
  const found: { job: Job; trained: Trained }[] = []
  let tested = -1
  for (const one of root.entries) {
    if (reserved.has(one.key) || one.key.startsWith('.') || map(one.value) === undefined) continue
    const job = new Job(root, one)
    const script = job.get('script')
    const source = script === undefined ? null : sourceOf(script)
    if (script === undefined || source === null) continue
    if (runsTests.test(source)) tested = found.length
    const trained =
      trainedBy(claims, context, script, source) ?? calledBy(claims, context, one.key, script, source)
    // A program and the tests of what it makes, in one job.
    if (trained !== null && !(runsTests.test(source) && !job.onGpu())) found.push({ job, trained })
  }
  found.forEach(({ job, trained }, index) => {
    if (trained.calls === undefined) claimFailure(claims, document, job, trained)
    if (job.onGpu() || !trained.local) claimMatrix(claims, job)
    // A small model for the tests that follow.
    if (index >= tested || job.onGpu() || !trained.local) claimPipeline(claims, document, root, job, trained)
  })
}

/** Caches of jobs that only take what has their very key. */
function keptFiles(root: ConfigMap): KeptFiles[] {
  return root.entries.flatMap((one): KeptFiles[] => {
    if (reserved.has(one.key) || one.key.startsWith('.') || map(one.value) === undefined) return []
    const job = new Job(root, one)
    const caches = job.get('cache')
    return (list(caches) === undefined ? [caches] : items(caches)).flatMap((cache, index): KeptFiles[] => {
      const key = entry(cache, 'key')
      if (key === undefined || at(cache, 'fallback_keys') !== undefined) return []
      const script = job.get('script')
      const words = [
        script === undefined ? null : sourceOf(script),
        ...items(at(cache, 'paths')).map(written),
      ]
      return [
        {
          name: one.key,
          words: words.filter((word) => word != null),
          key,
          scope: `${one.key}.${index}`,
        },
      ]
    })
  })
}

/** What its scripts start is seen later (linking/workflow-links.ts). */
function calledBy(
  claims: ClaimBuilder,
  context: ReaderContext,
  key: string,
  script: ConfigNode,
  source: string,
): Trained | null {
  const job = `${claims.path}#${key}`
  const calls = claimCalls(claims, context, { job, id: job, node: script, folder: '' }, source)
  return calls ? { what: key, local: true, calls: job } : null
}

/** The commands of `script`: a list, lists within it (anchors), or one text. */
function sourceOf(script: ConfigNode): string | null {
  if (script.kind !== 'list') return textWithTemplates(script) ?? null
  const lines = script.items
    .flatMap((item) => (item.kind === 'list' ? item.items : [item]))
    .map(textWithTemplates)
  return lines.includes(undefined) ? null : lines.join('\n')
}

/** A job with what it extends. */
class Job {
  /** Itself, then what it extends, nearest first. */
  private readonly layers: ConfigMap[] = []
  /** Some of what it extends stands in another file. */
  open = false

  constructor(
    private readonly root: ConfigMap,
    readonly entry: ConfigEntry,
  ) {
    this.add(entry.value, 0)
  }

  private add(node: ConfigNode | undefined, depth: number): void {
    const layer = map(node)
    if (layer === undefined || depth > deepest || this.layers.includes(layer)) {
      this.open ||= layer === undefined
      return
    }
    this.layers.push(layer)
    this.open ||= layer.open !== undefined
    const bases = at(layer, 'extends')
    const names = list(bases) === undefined ? (bases === undefined ? [] : [bases]) : items(bases)
    // The last of several wins.
    for (const name of [...names].reverse()) this.add(at(this.root, text(name) ?? ''), depth + 1)
  }

  get(key: string): ConfigNode | undefined {
    for (const layer of this.layers) {
      const found = entry(layer, key)
      if (found !== undefined) return found.value
    }
    return at(this.root, 'default', key)
  }

  /** The key, where the job itself carries it. */
  own(key: string): ConfigEntry | undefined {
    return entry(this.layers[0], key)
  }

  onGpu(): boolean {
    return items(this.get('tags')).some((tag) => namesGpu(written(tag) ?? textWithTemplates(tag) ?? ''))
  }
}

/** `parallel: {matrix: [{LR: [1e-3, 1e-4], WIDTH: [64, 128]}]}`: a job for each combination, which stand in its environment. */
function claimMatrix(claims: ClaimBuilder, job: Job): void {
  const matrix = entry(job.get('parallel'), 'matrix')
  const [first, ...more] = items(matrix?.value)
  if (matrix === undefined || map(first) === undefined || more.length > 0) return
  const commands = sourceOf(job.get('script')!) ?? ''
  const dimensions = entries(first).map(({ key, value }): Dimension => {
    const values = (value.kind === 'list' ? items(value) : [value]).map((one) => written(one) ?? '')
    return { name: key, size: new Set(values).size, values }
  })
  claimJobGrid(claims, {
    key: 'matrix',
    place: { start: matrix.keyStart, end: matrix.keyEnd },
    dimensions,
    isHanded: (name) => new RegExp(`\\$\\{?${name}\\b`).test(commands),
    onGpu: job.onGpu(),
  })
}

interface Starts {
  by: string[]
  filter: string | null
}

function claimPipeline(
  claims: ClaimBuilder,
  document: ConfigDocument,
  root: ConfigMap,
  job: Job,
  trained: Trained,
): void {
  const starts = startsOf(root, job)
  if (starts === null) return
  const { key, keyStart, keyEnd } = job.entry
  const place = keyedPlace({ start: keyStart, end: keyEnd }, document.index, [key])
  const gpu = job.onGpu()
  const evidence: Evidence = {
    role: 'job',
    accelerator: gpu || !trained.local ? 'gpu' : 'none',
    small: null,
    notebook: false,
  }
  const pipeline = claims.subject('Pipeline', place, key, evidence, trained.calls ?? null)
  pipeline.known('engine', 'GitLab CI', 'GitLab CI', place)
  pipeline.known('name', key, key, place)
  const script = job.get('script')!
  if (trained.calls === undefined)
    pipeline.known('work', trained.what, ['train'], { start: script.start, end: script.end }, { site: place })
  const said = job.own('rules') ?? job.own('only') ?? job.own('except')
  const shown: Place = said === undefined ? place : { ...place, start: said.keyStart, end: said.keyEnd }
  pipeline.known('startedBy', said?.key ?? 'rules', starts.by, shown, {
    site:
      said === undefined && job.get('rules') === undefined
        ? { ...place, target: { kind: 'job without rules' } }
        : place,
  })
  if (starts.filter !== null) pipeline.known('startFilter', 'rules', starts.filter, place)
  const single = boolean(job.get('interruptible')) === true || job.get('resource_group') !== undefined
  if (single) pipeline.known('concurrentRuns', 'interruptible', 1, place)
  else if (!job.open) {
    const until = keptApart([key, sourceOf(script) ?? ''], trained.local)
    if (until !== null)
      pipeline.default(
        'concurrentRuns',
        until === 'cancel' ? 'interruptible' : 'resource_group',
        null,
        place,
        {
          site: { ...place, target: { kind: 'parallel runs', until } },
        },
      )
  }
}

/** Somebody, or the clock, starts it; or only some changes do. */
const chosen =
  /changes|CI_COMMIT_TAG|CI_COMMIT_MESSAGE|CI_COMMIT_TITLE|schedule|"web"|'web'|=~|trigger|api|pipeline"|pipeline'|manual|\$(?!CI_)\w+/

/** Null: it cannot be read. */
function startsOf(root: ConfigMap, job: Job): Starts | null {
  if (job.open || entry(root, 'include') !== undefined) return null
  const [rules, only, except] = [job.get('rules'), job.get('only'), job.get('except')]
  const workflow = at(root, 'workflow', 'rules')
  if ([rules, only, except, workflow].some(isUnknown)) return null
  const written_ = (node: ConfigNode | undefined) => spelled(node).join(' ')
  if (/manual|delayed/.test(written_(job.get('when'))) || chosen.test(written_(workflow)))
    return { by: [], filter: null }
  const limits = `${written_(rules)} ${written_(except)}`
  if (chosen.test(limits)) return { by: ['push'], filter: 'under rules' }
  if (only !== undefined) {
    const names = (only.kind === 'list' ? items(only) : items(at(only, 'refs'))).map(
      (one) => written(one) ?? '',
    )
    const single = written(only)
    if (single !== undefined) names.push(single)
    if (only.kind === 'map' && ['changes', 'variables'].some((key) => entry(only, key) !== undefined))
      return { by: ['push'], filter: 'some changes' }
    const other = /^(tags|schedules|web|triggers|api|pipelines|external|chat|\/.*\/)$/
    const refs = names.filter((name) => !other.test(name))
    const by = refs.map((name) => (name === 'merge_requests' ? 'merge_request' : 'push'))
    return { by: [...new Set(by)], filter: null }
  }
  const merge = /merge_request_event|CI_MERGE_REQUEST/.test(limits)
  return { by: [merge ? 'merge_request' : 'push'], filter: null }
}

/** Every key and value below a node. */
function spelled(node: ConfigNode | undefined, depth = 0): string[] {
  if (node === undefined || depth > deepest) return []
  if (node.kind === 'map')
    return node.entries.flatMap(({ key, value }) => [key, ...spelled(value, depth + 1)])
  if (node.kind === 'list') return node.items.flatMap((item) => spelled(item, depth + 1))
  return [textWithTemplates(node) ?? written(node) ?? '']
}

/** `allow_failure: true` at a job that trains. */
function claimFailure(claims: ClaimBuilder, document: ConfigDocument, job: Job, trained: Trained): void {
  const found = job.own('allow_failure')
  if (found?.value.kind !== 'scalar' || found.value.value !== true) return
  const place = keyedPlace({ start: found.keyStart, end: found.value.end }, document.index, [job.entry.key])
  claimOperation(claims, {
    kind: 'swallow failure',
    place: 'run',
    key: 'allow_failure: true',
    at: place,
    site: { ...place, target: { kind: 'ignored failure' } },
    scope: job.entry.key,
    evidence: { role: 'job', accelerator: 'maybe', small: null, notebook: false },
    weight: 'ordinary',
    subject: trained.what,
  })
}

/** What a model is made of, as far as file names tell. */
const sources = ['**/*.py', '**/*.{yaml,yml,toml,json}', 'requirements*.txt']

function changeJob(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { keys, target } = claim.site
  if (claim.setting === 'volatileInput') return keyForContent
  if (keys === undefined) return byHand(claim)
  const write = (title: string, below: Keys, value: unknown) =>
    writeKeys(claim, facts, title, [{ keys: [...keys, ...below], value: value as never }])
  if (target?.kind === 'ignored failure')
    return write(
      'Let the pipeline fail with its training: remove allow_failure',
      ['allow_failure'],
      undefined,
    )
  if (claim.setting === 'concurrentRuns')
    return target?.kind === 'parallel runs' && target.until === 'cancel'
      ? write('cancel the run of the previous change: interruptible', ['interruptible'], true)
      : write('let one run wait for the other: resource_group', ['resource_group'], 'train')
  if (claim.setting !== 'startedBy') return byHand(claim)
  return target?.kind === 'job without rules'
    ? write(
        'Train on changes to code and configuration: rules with changes',
        ['rules'],
        [{ changes: sources }],
      )
    : { reason: 'add `changes` to its rules' }
}

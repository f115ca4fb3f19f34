/** GitHub Actions: workflows that train, and what starts them. */

import { at, entries, entry, items, map, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigDocument, ConfigEntry, ConfigNode } from '../../config/node.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { cronInterval } from '../../estimate/schedule.js'
import type { Span } from '../../text/location.js'
import { define, lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimKeptFiles, type KeptFiles, keyForContent } from '../ci/kept-files.js'
import { keptApart } from '../ci/parallel-runs.js'
import { calledSteps, claimCalls, namesGpu, runsTests, trainedBy } from '../ci/training.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts, type ReaderContext } from '../reader.js'
import { claimMatrixGrid } from './matrix-grid.js'

type Keys = (string | number)[]

interface TrainingStep {
  /** 'train.py', 'sky launch'. */
  what: string
  /** The run text. */
  node: ConfigNode
  keys: Keys
  step: ConfigNode
  job: ConfigNode
  /** A machine with accelerators, or a platform that brings one; else the runner's processors. */
  runsOn: 'gpu' | 'platform' | 'runner'
}

export const githubReader = defineReader({
  name: 'github-actions',
  languages: ['yaml'],
  triggers: ['runs-on', 'composite', '.github/workflows/'],
  read(facts, context, claims) {
    const [, action] = /(?:^|\/)(?:\.github\/workflows\/[^/]+|(action))\.ya?ml$/.exec(facts.path) ?? [
      null,
      null,
    ]
    if (action === null) return
    for (const document of facts.config?.documents ?? [])
      if (action === undefined) readWorkflow(claims, context, document)
      else if (text(at(document.root, 'runs', 'using')) === 'composite')
        claimSteps(claims, context, items(at(document.root, 'runs', 'steps')), 'runs', null)
  },
  change: changeWorkflow,
})

function readWorkflow(claims: ClaimBuilder, context: ReaderContext, document: ConfigDocument): void {
  const { root } = document
  claimKeptFiles(claims, 'GitHub Actions', keptFiles(root))
  const known = trainingSteps(claims, context, root)
  claimShared(claims, context, root)
  const job = `${claims.path}#workflow`
  // What its scripts start is seen later (linking/workflow-links.ts).
  const steps = known.length > 0 ? known : callingSteps(claims, context, root, job)
  for (const step of known) {
    claimIgnored(claims, document, step)
    if (step.runsOn !== 'runner') claimMatrixGrid(claims, step.job, step.step, step.runsOn === 'gpu')
  }
  const trigger = entry(root, 'on')
  const dear = steps.find((one) => one.runsOn !== 'runner') ?? steps[0]
  if (trigger === undefined || dear === undefined || trigger.value.kind === 'unknown') return
  const place: Place = { start: trigger.keyStart, end: trigger.keyEnd, document: document.index, keys: [] }
  const evidence: Evidence = {
    role: 'job',
    accelerator: dear.runsOn === 'runner' ? 'none' : 'gpu',
    small: null,
    notebook: false,
  }
  const name = text(at(root, 'name'))
  const pipeline = claims.subject('Pipeline', place, name ?? '', evidence, known.length > 0 ? null : job)
  pipeline.known('engine', 'GitHub Actions', 'GitHub Actions', place)
  if (name !== undefined) pipeline.known('name', 'name', name, place)
  const shown: Place = { start: dear.node.start, end: dear.node.end }
  if (known.length > 0) pipeline.known('work', dear.what, ['train'], shown, { site: place })
  const started = startsOf(trigger.value)
  started.by = started.by.filter((event) =>
    steps.some((one) => runsFor(one.job, event) && runsFor(one.step, event)),
  )
  pipeline.known('startedBy', 'on', started.by, { ...place, ...placeOf(started) }, { site: place })
  if (started.filter !== null) pipeline.known('startFilter', 'on', started.filter, place)
  const paths = dear.runsOn === 'platform' ? pathsOnAnyBranch(trigger.value) : null
  if (paths !== null) {
    const place = { start: paths.push.keyStart, end: paths.push.keyEnd }
    pipeline.known('pathsOnAnyBranch', 'paths', paths.named, place)
  }
  const condition = steps.every((one) => gated(one.job) || gated(one.step))
  if (condition) pipeline.known('startFilter', 'if', 'under a condition', place)
  if (at(root, 'concurrency') !== undefined || steps.every((one) => at(one.job, 'concurrency') !== undefined))
    pipeline.known('concurrentRuns', 'concurrency', 1, place)
  else {
    const until = keptApart(textsOf(root), dear.runsOn !== 'platform')
    if (until !== null)
      pipeline.default('concurrentRuns', 'concurrency', null, place, {
        site: { ...place, target: { kind: 'parallel runs', until } },
      })
  }
  const cron = text(at(trigger.value, 'schedule', 0, 'cron'))
  const interval = cron === undefined ? null : cronInterval(cron)
  if (interval !== null && started.by.length === 0) {
    const clock = entry(trigger.value, 'schedule')!
    const shown: Place = { start: clock.keyStart, end: clock.keyEnd }
    pipeline.known('interval', 'schedule', interval, shown, { site: place })
    // A program of the project may get data by itself.
    if (getsData(root)) pipeline.known('fetchesData', 'steps', true, place)
    else if (dear.runsOn === 'platform') pipeline.known('fetchesData', 'steps', false, place)
    else pipeline.unknown('fetchesData', 'steps', 'its program may get data', place)
  }
}

/** The names and the commands of all steps. */
function textsOf(root: ConfigNode): string[] {
  return entries(at(root, 'jobs')).flatMap(({ value }) =>
    items(at(value, 'steps')).flatMap((step) =>
      ['name', 'run', 'uses'].flatMap((key) => textWithTemplates(at(step, key)) ?? []),
    ),
  )
}

const fetching =
  /\b(dvc (pull|fetch|update)|aws s3 (cp|sync)|gsutil|gcloud storage|azcopy|az storage|rclone|kaggle|wget|curl|dbt|feast)\b|(fetch|download|pull|ingest|scrape|crawl|collect|update|get|sync|import|load)[-_ ]?(\w+[-_ ])?(data|corpus|features|samples|prices|records)/i

/** Steps with `actions/cache` that only take what has their very key. */
function keptFiles(root: ConfigNode): KeptFiles[] {
  return entries(at(root, 'jobs')).flatMap((job) => {
    const steps = items(at(job.value, 'steps'))
    return steps.flatMap((step, index): KeptFiles[] => {
      const key = entry(at(step, 'with'), 'key')
      const uses = /^actions\/cache(\/\w+)?@/.test(text(at(step, 'uses')) ?? '')
      if (!uses || key === undefined || at(step, 'with', 'restore-keys') !== undefined) return []
      const id = text(at(step, 'id'))
      const wanted = id === undefined ? null : `steps.${id}.outputs.cache-hit`
      const spared = steps.filter(
        (one) => wanted !== null && textWithTemplates(at(one, 'if'))?.includes(wanted) === true,
      )
      const words = spared.flatMap((one) =>
        ['name', 'run'].flatMap((word) => textWithTemplates(at(one, word)) ?? []),
      )
      const path = textWithTemplates(at(step, 'with', 'path')) ?? ''
      const name = text(at(step, 'name')) ?? path
      return [{ name, words: [path, ...words], key, scope: `${job.key}.${index}` }]
    })
  })
}

/** A step that may bring data which the last run did not have. */
function getsData(root: ConfigNode): boolean {
  return textsOf(root).some((text) => fetching.test(text))
}

/** A job or step that only some events run. */
function gated(node: ConfigNode): boolean {
  const condition = at(node, 'if')
  const source = textWithTemplates(condition) ?? ''
  return /label|workflow_dispatch|schedule|message|inputs\.|refs\/tags|draft|changed|changes|outputs/.test(
    source,
  )
}

/** Where the first of them is written. */
function placeOf({ by, places }: { by: string[]; places: Record<string, Span> }): Partial<Span> {
  const found = by[0] === undefined ? undefined : lookUp(places, by[0])
  return found === undefined ? {} : { start: found.start, end: found.end }
}

/** `if: github.event_name == 'pull_request'`. */
function runsFor(node: ConfigNode, event: string): boolean {
  const source = textWithTemplates(at(node, 'if')) ?? ''
  const only = /github\.event_name\s*(==|!=)\s*['"](\w+)['"]/.exec(source)
  return only === null || (only[2] === event) === (only[1] === '==')
}

/** The events that any change starts, and what limits them. */
function startsOf(trigger: ConfigNode): {
  by: string[]
  filter: string | null
  /** Where each of them is written. */
  places: Record<string, Span>
} {
  const events = ['push', 'pull_request', 'pull_request_target']
  if (trigger.kind !== 'map') {
    const listed = trigger.kind === 'list' ? trigger.items : [trigger]
    const by = listed.flatMap((one) => events.filter((event) => written(one) === event))
    return { by, filter: null, places: Object.fromEntries(by.map((event) => [event, trigger])) }
  }
  const by: string[] = []
  const places: Record<string, Span> = {}
  for (const event of events) {
    const found = entry(trigger, event)
    if (found === undefined) continue
    const { value } = found
    const filtered = ['paths', 'paths-ignore', 'tags'].some((key) => entry(value, key) !== undefined)
    // A label, or a review, is somebody's decision.
    const types = items(at(value, 'types')).map((one) => written(one))
    const chosen = types.length > 0 && types.every((one) => one === 'labeled' || one === 'closed')
    if (value.kind === 'unknown' || filtered || chosen) continue
    by.push(event)
    define(places, event, { start: found.keyStart, end: found.keyEnd })
  }
  return { by, filter: by.length === 0 ? 'some changes' : null, places }
}

/** `push:` with `paths:` and nothing that names branches; null: it is another trigger, or its paths cannot be read. */
function pathsOnAnyBranch(trigger: ConfigNode): { push: ConfigEntry; named: string[] } | null {
  const push = entry(trigger, 'push')
  if (push === undefined || entries(push.value).some(({ key }) => key !== 'paths')) return null
  const named = items(at(push.value, 'paths')).flatMap((one) => written(one) ?? [])
  return named.length === 0 ? null : { push, named }
}

function trainingSteps(claims: ClaimBuilder, context: ReaderContext, root: ConfigNode): TrainingStep[] {
  const found: TrainingStep[] = []
  if (triesOut(root)) return found
  for (const job of entries(at(root, 'jobs'))) {
    if (map(job.value) === undefined) continue
    const runner = at(job.value, 'runs-on')
    const gpu = onGpu(runner)
    const onWindows = [runner, ...items(runner)].some((one) => /windows/i.test(textWithTemplates(one) ?? ''))
    // With what it has computed before, it only runs what has changed.
    const fetches = items(at(job.value, 'steps')).some((step) =>
      /dvc (pull|fetch)|repro .*--pull/.test(textWithTemplates(at(step, 'run')) ?? ''),
    )
    const all = items(at(job.value, 'steps'))
    // A small model for the tests that follow.
    const tested = all
      .map((step) => runsTests.test(textWithTemplates(at(step, 'run')) ?? ''))
      .lastIndexOf(true)
    all.forEach((step, index) => {
      if ((!gpu && index < tested) || triesOut(step)) return
      const node = at(step, 'run')
      const source = textWithTemplates(node)
      if (node === undefined || source === undefined) return
      const shells = [
        at(step, 'shell'),
        at(job.value, 'defaults', 'run', 'shell'),
        at(root, 'defaults', 'run', 'shell'),
      ]
      // `bash -e`; where a shell is named, `bash -eo pipefail`. PowerShell keeps the status of the program.
      const counts = !onWindows && shells.every((one) => one === undefined) ? 'all' : null
      const trained = trainedBy(claims, context, node, source, counts)
      if (trained === null || (trained.what === 'dvc repro' && fetches)) return
      const { what, local } = trained
      found.push({
        what,
        node,
        keys: ['jobs', job.key, 'steps', index],
        step,
        job: job.value,
        runsOn: gpu ? 'gpu' : local ? 'runner' : 'platform',
      })
    })
  }
  return found
}

/** What a workflow starts for those that call it, whatever it is known to do by itself. */
function claimShared(claims: ClaimBuilder, context: ReaderContext, root: ConfigNode): void {
  const on = at(root, 'on')
  const isShared = entry(on, 'workflow_call') !== undefined || eventsOf(on).includes('workflow_call')
  if (!isShared || triesOut(root)) return
  for (const { key, value } of entries(at(root, 'jobs')))
    if (!triesOut(value)) claimSteps(claims, context, items(at(value, 'steps')), `${key}:shared`, null)
}

function eventsOf(trigger: ConfigNode | undefined): (string | undefined)[] {
  return (trigger?.kind === 'list' ? trigger.items : [trigger]).map((one) => written(one))
}

/** Steps that call what may train: scripts, Makefiles, actions and workflows of the project. */
function callingSteps(
  claims: ClaimBuilder,
  context: ReaderContext,
  root: ConfigNode,
  job: string,
): TrainingStep[] {
  if (triesOut(root)) return []
  const found: TrainingStep[] = []
  for (const { key, value } of entries(at(root, 'jobs'))) {
    if (map(value) === undefined || triesOut(value)) continue
    const runsOn = onGpu(at(value, 'runs-on')) ? 'gpu' : 'runner'
    const steps = items(at(value, 'steps'))
    const tested = steps
      .map((step) => runsTests.test(textWithTemplates(at(step, 'run')) ?? ''))
      .lastIndexOf(true)
    for (const { node, step } of claimSteps(
      claims,
      context,
      runsOn === 'gpu' ? steps : steps.slice(tested + 1),
      key,
      job,
    ))
      found.push({ what: key, node, keys: ['jobs', key], step, job: value, runsOn })
    const other = at(value, 'uses')
    const path = localPath(other)
    if (other === undefined || path === null) continue
    claims.launch(calledSteps(path, job, `${job}:${key}`), { start: other.start, end: other.end })
    found.push({ what: key, node: other, keys: ['jobs', key], step: value, job: value, runsOn })
  }
  return found
}

/** Those of the steps that call something. */
function claimSteps(
  claims: ClaimBuilder,
  context: ReaderContext,
  steps: readonly ConfigNode[],
  key: string,
  job: string | null,
): { node: ConfigNode; step: ConfigNode }[] {
  return steps.flatMap((step, index) => {
    if (triesOut(step)) return []
    const id = `${job ?? claims.path}:${key}:${index}`
    const uses = at(step, 'uses')
    const path = localPath(uses)
    if (uses !== undefined && path !== null) {
      claims.launch(calledSteps(`${path}/action.yml`, job, id), { start: uses.start, end: uses.end })
      return [{ node: uses, step }]
    }
    const node = at(step, 'run')
    const source = textWithTemplates(node)
    if (node === undefined || source === undefined) return []
    const place = at(step, 'working-directory')
    const folder = place === undefined ? '' : (text(place) ?? null)
    return claimCalls(claims, context, { job, id, node, folder }, source) ? [{ node, step }] : []
  })
}

/** `./.github/actions/train` of the project itself. */
function localPath(uses: ConfigNode | undefined): string | null {
  return /^\.\/(\.github\/[\w./-]+)$/.exec(text(uses) ?? '')?.[1]?.replace(/\/$/, '') ?? null
}

/** `name: Unit tests`, `name: Test train.py`. */
function triesOut(node: ConfigNode): boolean {
  return /^(run )?tests?\b(?! and)|\b(unit|integration|smoke|regression|e2e|functional|sanity)[ -]?(tests?|checks?)\b|\b(synthetic|dummy|fixtures?|toy|mock(ed)?|smoke|dry[ -]?run)\b/i.test(
    text(at(node, 'name')) ?? '',
  )
}

function onGpu(runner: ConfigNode | undefined): boolean {
  const labels =
    runner?.kind === 'list'
      ? runner.items
      : runner?.kind === 'map'
        ? items(at(runner, 'labels'))
        : runner === undefined
          ? []
          : [runner]
  return labels.some((one) => namesGpu(written(one) ?? textWithTemplates(one) ?? ''))
}

/** `continue-on-error: true` at a step that trains. */
function claimIgnored(claims: ClaimBuilder, document: ConfigDocument, step: TrainingStep): void {
  const found = entry(step.step, 'continue-on-error')
  if (found?.value.kind !== 'scalar' || found.value.value !== true) return
  const place: Place = {
    start: found.keyStart,
    end: found.value.end,
    document: document.index,
    keys: step.keys,
  }
  claimOperation(claims, {
    kind: 'swallow failure',
    place: 'run',
    key: 'continue-on-error: true',
    at: place,
    site: { ...place, target: { kind: 'ignored failure' } },
    scope: step.keys.join('.'),
    evidence: { role: 'job', accelerator: 'maybe', small: null, notebook: false },
    weight: 'ordinary',
    subject: step.what,
  })
}

function changeWorkflow(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'volatileInput') return keyForContent
  if (claim.setting === 'strategy')
    return { reason: 'let a tuner choose the values, and start as many jobs as it has trials' }
  const { document: index, keys, fragment, target } = claim.site
  const document = index === undefined ? undefined : facts.config?.documents[index]
  if (document === undefined || index === undefined || keys === undefined)
    return { reason: 'the workflow has changed' }
  const write = (path: Keys, value: unknown, after?: string): Write => ({
    kind: 'set key',
    path: facts.path,
    fragment,
    document: index,
    keys: path,
    value,
    ...(after === undefined ? {} : { after }),
  })
  if (target?.kind === 'ignored failure')
    return {
      title: 'Let the job fail with its training: remove continue-on-error',
      safety: 'unsafe',
      writes: [
        {
          kind: 'remove key',
          path: facts.path,
          fragment,
          document: index,
          keys: [...keys, 'continue-on-error'],
        },
      ],
      imports: [],
    }
  if (claim.setting === 'concurrentRuns') {
    const group = `train-\${{ github.ref }}`
    const cancels = target?.kind === 'parallel runs' && target.until === 'cancel'
    return {
      title: cancels
        ? 'Cancel the run of the previous change: cancel-in-progress'
        : 'Let the newest run wait for the one under way: concurrency',
      safety: 'unsafe',
      writes: [write(['concurrency'], cancels ? { group, 'cancel-in-progress': true } : { group }, 'on')],
      imports: [],
    }
  }
  if (claim.setting !== 'startedBy') return byHand(claim)
  const trigger = at(document.root, 'on')
  const ignored = ['**.md', 'docs/**']
  const events = (effective(claim) as string[] | undefined) ?? []
  if (trigger === undefined || events.length === 0) return { reason: 'the workflow has changed' }
  const writes: Write[] = []
  if (trigger.kind === 'map')
    for (const event of events) writes.push(write(['on', event, 'paths-ignore'], ignored))
  else {
    const listed = eventsOf(trigger)
    if (listed.some((one) => one === undefined)) return { reason: 'the events cannot be read' }
    const all = Object.fromEntries(
      listed.map((one) => [one!, events.includes(one!) ? { 'paths-ignore': ignored } : null]),
    )
    writes.push(write(['on'], all))
  }
  return { title: 'Ignore changes to documentation: paths-ignore', safety: 'unsafe', writes, imports: [] }
}

import { gpu } from '../../catalog/gpus.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type Report, type Severity } from '../rule.js'
import { isSilence, offAccelerator, otherOperation, type Silence } from '../silence.js'
import { subjectsOf } from '../subject-view.js'
import { listed, operationOf, otherPlaces } from '../training/operation.js'

/** From so many accelerators on minutes of waiting are worth a step of their own. */
const manyGpus = 4
const wholeMachine = 8
/** Older and smaller GPUs cost about what a machine without one costs. */
const cheap = new Set(['T4', 'P4', 'K80', 'M60', 'P100'])

export default defineRule({
  name: 'data/setup-on-gpu-time',
  judges: 'Operation',
  checklist: [
    'baseline/ingestion-time',
    'baseline/idle-time',
    'observability/egress-and-storage',
    'rightsize/separate-environments',
  ],
  severity: 'warning',
  tellsTogether: true,
  finds: 'packages installed and data downloaded while accelerators are held',
  summary: 'Installing and downloading need no accelerator, but hold one while they run.',
  offFor: {
    'notebook-setup':
      '18 of 25 findings were right (0.72): notebooks that start work on other machines, and small files, look the same',
  },
  check(view, { report, silent }) {
    const kind = operationOf(view, 'set up', 'lost cache')
    if (kind === null) return silent(otherOperation)
    if (effective(kind) === 'lost cache') return report(lostCache(view, kind))
    if (!isFirst(view)) return silent('it is told at the first line of this notebook that sets something up')
    const places = effective(view.settings.places) ?? []
    const gpus = gpusOf(view)
    const severity = severityOf(view, gpus)
    if (isSilence(severity)) return silent(severity)
    const names = [...new Set(places.map(({ what }) => what))]
    const shown = names.slice(0, 3).map((name) => `\`${name}\``)
    if (names.length > 3) shown.push(`${names.length - 3} more`)
    const held = heldOf(view, gpus)
    const several = shown.length > 1
    report({
      at: kind,
      severity,
      message: `${listed(shown)} ${several ? 'run' : 'runs'} while ${held} held, at every start: ${advice(effective(view.settings.subject) ?? '')}.`,
      saving: {
        fraction: [0, 0.1],
        usd: null,
        basis: 'assumes ten minutes at each start, of a run between two hours and several days',
      },
      fixes: [{ set: [{ claim: kind, value: null }] }],
      related: otherPlaces(view, 'runs before the training as well'),
    })
  },
})

function heldOf(view: SubjectView<'Operation'>, gpus: number | undefined): string {
  const unit = view.subject.evidence.accelerator === 'tpu' ? 'TPU chip' : 'GPU'
  return gpus === undefined ? 'the accelerator is' : gpus === 1 ? `1 ${unit} is` : `${gpus} ${unit}s are`
}

/** What one start has downloaded is gone at the next. */
function lostCache(view: SubjectView<'Operation'>, kind: Claim): Report {
  const model = effective(view.settings.subject)
  const slight = effective(view.settings.weight) === 'slight' || view.subject.evidence.role === 'test'
  const card = gpu(effective(view.settings.gpuModel) ?? '')?.name
  return {
    at: kind,
    severity: slight || (card !== undefined && cheap.has(card)) ? 'hint' : 'information',
    message: `Each start downloads ${model === undefined ? 'its models' : `\`${model}\``} again while ${heldOf(view, gpusOf(view))} held: \`${kind.key}\` lies on storage that ends with the ${effective(view.settings.holder) ?? 'pod'}. Keep it on a volume that outlives it.`,
    together: 'lost cache',
  }
}

/** In a notebook each line is one of its own; they are told together, at the first. */
function isFirst(view: SubjectView<'Operation'>): boolean {
  const { subject, run } = view
  if (!subject.evidence.notebook || subject.reader !== 'notebook-setup') return true
  const first = run.subjects.find(
    (one) =>
      one.subject.kind === 'Operation' &&
      one.subject.reader === subject.reader &&
      one.subject.location.path === subject.location.path,
  )
  return first === undefined || first.subject.id === subject.id
}

/** Over all nodes. */
function gpusOf(view: SubjectView<'Operation'>): number | undefined {
  const own = effective(view.settings.gpus)
  if (own !== undefined) return own
  const compute = view.run.job.compute?.settings
  const count = effective(compute?.gpus)
  return count === undefined ? undefined : count * (effective(compute?.nodes) ?? 1)
}

function severityOf(view: SubjectView<'Operation'>, gpus: number | undefined): Severity | Silence {
  const { evidence } = view.subject
  if (gpus === 0) return { text: 'no accelerators are held' }
  if (gpus === undefined && evidence.role === 'job' && evidence.accelerator === 'none')
    return { text: 'whether its job holds accelerators is not known' }
  const many = gpus !== undefined && gpus >= manyGpus
  const compute = view.run.job.compute?.settings
  if (effective(view.settings.weight) === 'slight') {
    // The library keeps a copy: it is fetched again where each start gets a new disk.
    const provider = effective(compute?.provider)
    const newDisk = provider !== undefined && provider !== 'own cluster' && provider !== 'other'
    return newDisk && many && (effective(compute?.nodes) ?? 1) > 1
      ? 'information'
      : { text: 'the library keeps a copy of what it fetches' }
  }
  if (evidence.notebook)
    return usesAccelerator(view)
      ? 'hint'
      : { text: 'the notebook does not train on an accelerator of its own' }
  const stopped = evidence.role === 'job' ? undefined : offAccelerator(view)
  if (stopped !== undefined) return stopped
  const model = effective(view.settings.gpuModel) ?? effective(compute?.gpuModel)
  const known = model === undefined ? undefined : gpu(model)?.name
  const plain = known !== undefined && cheap.has(known)
  const dear = known !== undefined && !plain && evidence.accelerator !== 'tpu'
  // A phase that the platform has for this is there once for all tasks that follow; a whole machine of dear accelerators costs dollars
  // in that time all the same.
  if (many)
    return effective(view.settings.stage) === 'before' && (gpus < wholeMachine || !dear)
      ? 'information'
      : 'warning'
  // A cluster that grows pays for it with each machine that joins.
  if (effective(view.settings.holder) === 'each machine') return 'information'
  return plain ? 'hint' : 'information'
}

/** The notebook trains on an accelerator of its own; one that asks for machines trains on those. */
function usesAccelerator(view: SubjectView<'Operation'>): boolean {
  if (subjectsOf(view.run, 'Compute').length > 0) return false
  return subjectsOf(view.run, 'Program').some(
    ({ settings }) => effective(settings.trains) === true && effective(settings.usesAccelerator) === true,
  )
}

function advice(kinds: string): string {
  const packages = /packages|build/.test(kinds)
  const data = /download|unpacking/.test(kinds)
  const first = 'put the packages into the image or environment that it starts from'
  const second = 'keep the data on storage that outlives the job, filled by a step without accelerators'
  return packages && data ? `${first}, and ${second}` : packages ? first : second
}

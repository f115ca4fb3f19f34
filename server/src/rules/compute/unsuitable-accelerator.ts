import { type Gpu, gpu } from '../../catalog/gpus.js'
import { beforeAmpere } from '../../catalog/images.js'
import { type Instance, instance, type Provider, servicePrefix } from '../../catalog/instances.js'
import { paidPrice } from '../../catalog/price-book.js'
import { machinesByPrice } from '../../catalog/prices.js'
import { sustained } from '../../estimate/step-time.js'
import { lookUp } from '../../text/records.js'
import { effective } from '../../values/value.js'
import type { Claim, SubjectView } from '../../workload/claim.js'
import { defineRule, type RuleOptions, type Severity } from '../rule.js'
import { isSilence, type Silence, unless } from '../silence.js'
import { isViewOf, subjectsOf } from '../subject-view.js'

/** Generations before matrix units computed bf16 and TF32, with the year of the first card. */
const legacy: Record<string, number> = { Kepler: 2012, Maxwell: 2014, Pascal: 2016, Volta: 2017 }
/** Cards for graphics whose makers support no training on them. */
const graphics = new Set(['V520', 'V620', 'MI25'])
const inference = /^Inferentia/

export default defineRule({
  name: 'compute/unsuitable-accelerator',
  judges: ['Compute', 'Scaling', 'Serving'],
  checklist: ['rightsize/match-instance', 'rightsize/recheck-after-change'],
  overlaps: 'machine',
  severity: 'error',
  finds: 'accelerators that are obsolete or made for another purpose',
  summary: 'A job or pool requests an accelerator that is obsolete, made for another purpose, or withdrawn.',
  supersedes: ['compute/oversized-instance'],
  check(view, { report, silent, options }) {
    const asked = askedBy(view as SubjectView)
    if (isSilence(asked)) return silent(asked)
    const type = effective(asked.type)
    const named = effective(asked.model)
    const found = type === undefined ? undefined : instance(type)
    // On some machines the card is attached by itself, and chosen by itself.
    const attached = found?.gpu === null && named !== undefined
    const machine = attached ? undefined : found
    const card = machine?.gpu ?? (named === undefined ? null : (gpu(named) ?? null))
    const claim = machine === undefined ? asked.model : asked.type
    if (effective(asked.gpus) === 0) return silent('no accelerators are asked for')
    if (card === null || claim === undefined)
      return silent(
        unless({ settings: { gpuModel: asked.model } }, 'gpuModel', `${named} is not in the catalog`),
      )
    // What is kept for all kinds of work may serve as well.
    if (asked.pool && (inference.test(card.name) || graphics.has(card.name)))
      return silent(`a pool of ${card.name} may be there for inference or graphics`)
    const fault = faultOf(card, machine, view as SubjectView)
    if (typeof fault === 'string') return silent(fault)
    const region = effective(asked.region)
    const old = oldImage(view as SubjectView)
    const better =
      machine === undefined || type === undefined || old !== null
        ? null
        : replacement(machine, type, region, options)
    const advice =
      better !== null ? ` ${better.message}` : old !== null ? ` Newer cards need more than ${old}.` : ''
    report({
      at: claim,
      severity: severityOf(fault, {
        soft: machine === undefined,
        quiet: old !== null || asked.serves === true,
        unused: view.subject.evidence.unused === true,
      }),
      message: `${attached ? card.name : (type ?? card.name)} ${fault.message}${advice}`,
      ...(better === null || better.saving === null
        ? {}
        : {
            saving: {
              fraction: [better.saving, better.saving],
              usd: null,
              basis: `list prices on demand in ${better.region}, ${better.asOf}`,
            },
          }),
      fixes:
        better === null || !asked.changeable
          ? []
          : [{ set: [{ claim: claim as Claim, value: better.type }] }],
    })
  },
})

function severityOf({ severity }: Fault, is: { soft: boolean; quiet: boolean; unused: boolean }): Severity {
  const own = is.soft || (is.quiet && severity === 'warning') ? 'information' : severity
  return is.unused ? quieter[own] : own
}

const quieter = { error: 'warning', warning: 'information', information: 'hint', hint: 'hint' } as const

/** The machine that is asked for, and how much of it can be told. */
interface Asked {
  type: Claim<string> | undefined
  model: Claim<string> | undefined
  gpus: Claim<number> | undefined
  region: Claim<string> | undefined
  pool: boolean
  /** It answers requests, which the newest formats matter less to. */
  serves?: boolean
  /** Another machine may be written there. */
  changeable: boolean
}

function askedBy(view: SubjectView): Asked | Silence {
  if (isViewOf(view, 'Compute')) {
    const { instanceType, gpuModel, gpus, region, service, interactive, provider } = view.settings
    // What serves may well be old; machines that people work on train.
    if (effective(service) === true && interactive === undefined) return { text: 'it is a service' }
    // A cluster of one's own has the cards that it has.
    if (effective(provider) === 'own cluster') return { text: 'the cluster has the accelerators that it has' }
    // A pool of the project speaks for itself.
    if ((instanceType ?? gpuModel)?.site.target?.kind === 'pool')
      return { text: 'the pool that it runs on decides the machine' }
    return {
      type: instanceType,
      model: gpuModel,
      gpus,
      region,
      pool: false,
      changeable: interactive === undefined,
    }
  }
  if (isViewOf(view, 'Serving')) {
    const { machine, gpuModel, gpus, region, tornDown } = view.settings
    if (effective(tornDown) === true) return { text: 'it is deleted again' }
    if (machine === undefined && gpuModel === undefined)
      return { text: 'the cluster has the accelerators that it has' }
    return { type: machine, model: gpuModel, gpus, region, pool: true, serves: true, changeable: false }
  }
  if (!isViewOf(view, 'Scaling')) return { text: 'it is neither a job nor a pool' }
  const { machine, gpuModel, gpus, region, purpose, capacity } = view.settings
  if (effective(capacity) === 'reserved') return { text: 'its capacity is reserved' }
  const serves = effective(purpose) === 'serving'
  return { type: machine, model: gpuModel, gpus, region, pool: true, serves, changeable: false }
}

/** What runs in the image and knows no card since Ampere; null: nothing that is known. */
function oldImage(view: SubjectView): string | null {
  for (const { job } of view.run.siblings) {
    const old = beforeAmpere(job.launch?.versions ?? {})
    if (old !== null) return old
  }
  return null
}

interface Fault {
  message: string
  severity: Severity
}

/** A text: why it has none. */
function faultOf(card: Gpu, machine: Instance | undefined, view: SubjectView): Fault | string {
  const memory = machine?.gpuMemoryGB ?? card.memoryGB
  const what = `${card.name.replace(/-\d+GB$/, '')}${memory === null ? '' : ` ${memory} GB`}`
  if (inference.test(card.name))
    return { message: `has ${card.name} chips, which cannot train.`, severity: 'error' }
  if (graphics.has(card.name))
    return {
      message: `has a graphics card (${card.name}), which no training library supports.`,
      severity: 'error',
    }
  const year = card.vendor === 'nvidia' ? lookUp(legacy, card.generation) : undefined
  const gone = machine?.provider === 'azure' && machine.retired
  if (year === undefined)
    return gone ? withdrawn(what) : `${card.name} is neither too old nor made for something else`
  // Before Ampere only these compute in double precision at half the rate of single.
  const double = (card.generation === 'Volta' || card.name === 'P100') && usesDouble(view)
  if (double) return `the training computes in double precision, at which ${card.name} is fast`
  const lacks = card.formats.has('fp16')
    ? 'it has no bf16 and no TF32'
    : 'it has no matrix units for 16-bit formats'
  const own = machine === undefined ? '' : `(${what}, `
  return {
    message: `${own}${machine === undefined ? `(` : ''}${card.generation} of ${year}): ${lacks}${gone ? ', and its provider has withdrawn it' : ''}.`,
    severity: gone ? 'error' : 'warning',
  }
}

function withdrawn(what: string): Fault {
  return { message: `(${what}) was withdrawn by its provider.`, severity: 'error' }
}

function usesDouble(view: SubjectView): boolean {
  return view.run.siblings.some((run) =>
    subjectsOf(run, 'Operation').some(({ settings }) => effective(settings.kind) === 'double precision'),
  )
}

interface Better {
  type: string
  message: string
  /** Share of the price; null: the present price is not known. */
  saving: number | null
  region: string
  asOf: string
}

/** The same work has to cost less than this share of what it costs now, at the peak of both. */
const cheaperBy = 0.95

/** The cheapest machine of the provider with as many newer GPUs, none of them smaller, for no more money. */
function replacement(
  machine: Instance,
  type: string,
  region: string | undefined,
  options: RuleOptions,
): Better | null {
  const query = region === undefined ? {} : { region }
  const now = paidPrice({ type, ...query }, options.prices)
  const place = now?.region ?? paidPrice({ type: machine.type, ...query }, options.prices)?.region
  if (place === undefined) return null
  const most = now?.onDemand ?? Number.POSITIVE_INFINITY
  const count = Math.max(1, machine.gpuCount)
  const before = sustained(machine.gpu!, 'fp16') ?? 0
  for (const one of machinesByPrice(machine.provider as Provider, place, servicePrefix(type))) {
    const other = instance(one.type)
    if (other?.gpu?.vendor !== 'nvidia' || !other.gpu.formats.has('bf16')) continue
    if (other.gpuCount < count || other.gpuCount > 2 * count) continue
    if ((other.gpuMemoryGB ?? 0) < (machine.gpuMemoryGB ?? 0)) continue
    // A third of the memory bandwidth of the cards with HBM that it would stand in for.
    if (other.gpu.name === 'L4' && machine.gpu!.formats.has('fp16')) continue
    const usd = paidPrice({ type: one.type, region: place }, options.prices)?.onDemand ?? one.price.onDemand!
    if (usd > most) return null
    const after = sustained(other.gpu, 'fp16')
    // Not where the slower card would make up for its price.
    if (after === null || usd * (before / after) * (count / other.gpuCount) > cheaperBy * most) continue
    return described(one.type, other, { usd, region: place, asOf: one.price.asOf }, now?.onDemand ?? null)
  }
  return null
}

function described(
  type: string,
  machine: Instance,
  then: { usd: number; region: string; asOf: string },
  before: number | null,
): Better {
  const count = machine.gpuCount === 1 ? '' : `${machine.gpuCount} × `
  const name = machine.gpu!.name.replace(/-\d+GB$/, '')
  const instead = before === null ? '' : ` instead of $${before.toFixed(2)}`
  return {
    type,
    message: `${type} has ${count}${name} ${machine.gpuMemoryGB} GB with bf16 for $${then.usd.toFixed(2)}${instead} an hour.`,
    saving: before === null ? null : 1 - then.usd / before,
    region: then.region,
    asOf: then.asOf,
  }
}

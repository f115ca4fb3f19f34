/** How a request for machines is made to ask for no accelerators, as a whole. */
import { cpuMachine, generalMachine, mostVcpus } from '../catalog/cpu-families.js'
import { instance } from '../catalog/instances.js'
import { hourlyCost } from '../estimate/hourly.js'
import { sameLocation } from '../text/location.js'
import { effective } from '../values/value.js'
import type { SubjectView } from '../workload/claim.js'
import { requestOf } from './machine-request.js'
import type { FixRequest, RuleOptions, Saving } from './rule.js'

/** A machine without accelerators; on AWS of the sixth generation, which training jobs are offered in all sizes. */
export function processorMachine(vcpus: number, provider: string): string | undefined {
  return preparationMachine(vcpus, provider)?.replace(/^m5\./, 'm6i.')
}

/** A general machine with as many vCPUs, or the largest there is. */
export function preparationMachine(vcpus: number, provider: string): string | undefined {
  return generalMachine(Math.min(vcpus, mostVcpus), provider)
}

/** `type`: the machine to take; undefined: none is known. */
export function processorsInstead(view: SubjectView<'Compute'>, type: string | undefined): FixRequest[] {
  const { instanceType, gpus } = view.settings
  if (gpus === undefined) return []
  const named = effective(instanceType)
  if (instanceType === undefined) return [{ set: [{ claim: gpus, value: 0 }] }]
  if (type === undefined) return []
  // Accelerators that are asked for apart from the machine that holds them.
  const apart = !sameLocation(gpus.location, instanceType.location)
  const own = named !== undefined && instance(named)?.gpu != null
  return [
    { set: [{ claim: instanceType, value: type }, ...(apart && own ? [{ claim: gpus, value: 0 }] : [])] },
  ]
}

/** How much longer work for all vCPUs takes on a machine that has fewer. */
function timesLonger(from: string | null | undefined, to: string | undefined): number {
  const [before, after] = [
    from == null ? undefined : instance(from)?.vcpus,
    to === undefined ? undefined : cpuMachine(to)?.vcpus,
  ]
  return before === undefined || after === undefined ? 1 : Math.max(1, before / after)
}

/** What a machine without accelerators saves, where its price is not known. */
export const usuallySaved: Saving = {
  fraction: [0.5, 0.9],
  usd: null,
  basis: 'a machine with as many vCPUs and no accelerator costs 50 to 90 % less',
}

/** False where the list prices of both machines say that the one without accelerators costs as much: some accelerators are cheap. */
export function isCheaper(view: SubjectView<'Compute'>, type: string, options: RuleOptions): boolean {
  const { now, listed } = pricesOf(view, type, options)
  return now == null || listed == null || listed < now
}

interface BothPrices {
  now: number | null | undefined
  listed: number | null | undefined
  spot: boolean
}

function pricesOf(
  view: SubjectView<'Compute'>,
  type: string | undefined,
  { prices }: RuleOptions,
): BothPrices {
  const held = requestOf(view)
  const { gpus: _, gpuModel: __, ...request } = held
  const before = hourlyCost(held, prices, '')
  const after = type === undefined ? undefined : hourlyCost({ ...request, instanceType: type }, prices, '')
  const spot = effective(view.settings.spot) === true && before?.spot != null && after?.spot != null
  const [now, listed] = spot ? [before.spot!, after.spot!] : [before?.onDemand, after?.onDemand]
  return { now, listed, spot }
}

/** What the machine without accelerators saves: by list prices where both are known. */
export function savedOnProcessors(
  view: SubjectView<'Compute'>,
  type: string | undefined,
  options: RuleOptions,
): Saving {
  const held = requestOf(view)
  const { now, listed, spot } = pricesOf(view, type, options)
  const more = timesLonger(held.instanceType, type)
  const then = listed == null ? listed : listed * more
  if (now != null && then != null && then < now) {
    const share = 1 - then / now
    return {
      fraction: [share, share],
      usd: null,
      basis: `list prices of both machines${spot ? ' on spot' : ''}${more > 1 ? ', as many vCPU hours' : ''}`,
    }
  }
  return usuallySaved
}

/** Whether code asks Ray for accelerators. Source: Ray 2.40, "Resources", "Accelerator support". */
import { once } from '../text/once.js'
import type { ModuleSummary, PythonModule } from './module.js'
import { givesToRay } from './packages.js'

/** Words by which tasks, actors, trials and workers are given accelerators, or what may hold such words. */
const mayAsk =
  /\b(num_gpus\w*|gpus_per_\w+|use_gpu|resources_per_\w+|with_resources|placement_group\w*|PlacementGroupFactory|resources|default_resource_request)\b|["']gpu["']/i

/** The code of one module names resources that Ray gives. */
export function namesRayResources(code: string, imports: Iterable<string>): boolean {
  return [...imports].some(givesToRay) && mayAsk.test(code)
}

/** Ray may give accelerators to processes of this program: without being asked it shows them none. */
export function mayHandOutDevices(
  python: Pick<PythonModule, 'code' | 'tree' | 'calls' | 'imported'>,
): boolean {
  return (
    once(python.tree, 'may ask for devices', () => mayAsk.test(python.code)) ||
    python.imported.some((one: ModuleSummary) => one.asksRay === true) ||
    python.calls.some(
      ({ name, expr }) => name?.startsWith('ray.') === true && expr.args.some(({ star }) => star === 2),
    )
  )
}

/** The machines that a SageMaker job asks for. */
import { instance } from '../../catalog/instances.js'
import type { Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import { type Keyed, orUnknown } from '../../values/operations.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { evidenceOfJob } from '../job-in-code.js'
import { claimWholeType } from '../machine-claims.js'

/** The machine type, with the accelerators and processors that it holds. */
export function claimMachine(compute: SubjectBuilder<'Compute'>, { key, value }: Keyed<string>): void {
  claimWholeType(compute, key, orUnknown(value, 'no instance type is given'))
}

/** `ml.g5.xlarge`, where jobs of this kind can have it. */
export function offered(type: string, kind: string, families: ReadonlySet<string>): string | Refusal {
  const name = `ml.${type.replace(/^ml\./, '')}`
  return families.has(name.split('.')[1]!) ? name : { reason: `${kind} jobs do not offer ${name}` }
}

/** A job runs in a container on the machine that its program runs on. */
export function isLocal(type: string | undefined): boolean {
  return type !== undefined && /^local(_gpu)?$/.test(type)
}

export function evidenceOfMachine(python: PythonModule, type: string | undefined): Evidence {
  const gpus = type === undefined ? undefined : instance(type)?.gpuCount
  return evidenceOfJob(python, gpus === undefined ? 'maybe' : gpus > 0 ? 'gpu' : 'cpu')
}

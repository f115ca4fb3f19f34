/** What a description of a SageMaker endpoint says of one variant of it, in whichever language. */
import { derived } from '../../values/operations.js'
import type { Given } from '../../values/value.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'
import { acceleratorModel, acceleratorsInType } from '../machine-claims.js'

interface Keyed<T> {
  key: string
  value: Given<T>
}

export interface DescribedVariant {
  /** The keys that tell the platform, and that something is deployed. */
  platform: string
  purpose: string
  /** Of what makes the endpoint. */
  place: Place
  tornDown: boolean
  machine: Keyed<string>
  replicas: Keyed<number>
  scaling: { key: string; scaled: boolean }
}

export function claimVariant(
  serving: SubjectBuilder<'Serving'>,
  { platform, purpose, place, tornDown, machine, replicas, scaling }: DescribedVariant,
): void {
  serving.known('platform', platform, 'SageMaker', place)
  serving.known('purpose', purpose, 'deployment', place)
  serving.known('tornDown', purpose, tornDown, place)
  serving.say('machine', machine.key, machine.value)
  serving.say('minReplicas', replicas.key, replicas.value)
  if (scaling.scaled) serving.known('autoscaled', scaling.key, true, place)
  else serving.default('autoscaled', scaling.key, false, place)
  serving.say('gpus', machine.key, derived(machine.value, acceleratorsInType))
  serving.say('gpuModel', machine.key, derived(machine.value, acceleratorModel))
}

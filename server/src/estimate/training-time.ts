/** How long a step takes of a training that was read from code. */
import type { Gpu } from '../catalog/gpus.js'
import { stepCost } from '../catalog/step-costs.js'
import type { TrainingSetup } from './memory.js'
import { convolves, type Network, networkOf } from './network.js'
import { type ProductFormat, type StepSeconds, stepSeconds } from './step-seconds.js'

/** Null: what the model computes is not on record, or the length of its input or the speed of the card is not known. */
export function trainingStep(setup: TrainingSetup, gpu: Gpu, devices: number): StepSeconds | null {
  const { model } = setup
  const named = { name: model.name, model, cost: stepCost(model.name) ?? null, assumed: false }
  const network = networkOf(named, !setup.languageHead)
  if (network === null) return null
  const size = network.unit === 'tokens' ? setup.tokens : (setup.imageEdge ?? network.usualSize)
  if (size === null) return null
  return stepSeconds({
    network,
    size,
    batch: setup.batch,
    devices,
    gpu,
    formats: formatsOf(setup, network, gpu),
    frozen: setup.adapters !== null,
    quantized: setup.weightBits < 16,
    checkpointing: setup.checkpointing,
    accumulation: setup.accumulation,
  })
}

function formatsOf(
  { arithmetic, format }: TrainingSetup,
  { networkClass }: Network,
  gpu: Gpu,
): readonly [ProductFormat, ProductFormat] {
  if (arithmetic !== 'fp32') return [format, format]
  // PyTorch computes convolutions in TF32 where nobody says otherwise.
  const convolutions = convolves(networkClass)
  return [convolutions && gpu.formats.has('tf32') ? 'tf32' : 'fp32', 'fp32']
}

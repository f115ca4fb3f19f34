import assert from 'node:assert/strict'
import { model } from '../../server/src/catalog/models.js'
import type { TrainingSetup } from '../../server/src/estimate/memory.js'

/** A training of a model of the catalogue: one sample, mixed precision, AdamW, nothing that saves memory. */
export function setup(name: string, changes: Partial<TrainingSetup>): TrainingSetup {
  const known = model(name)
  assert.ok(known, `${name} is not in the catalog`)
  return {
    model: known,
    batch: 1,
    tokens: null,
    imageEdge: null,
    weightBits: 32,
    arithmetic: 'mixed',
    format: 'bf16',
    optimizer: 'adamw',
    adapters: null,
    checkpointing: false,
    accumulation: 1,
    languageHead: false,
    attention: 'fused',
    replicas: false,
    sharding: null,
    gpu: null,
    ...changes,
  }
}

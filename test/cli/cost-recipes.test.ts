/** `costlint cost` of trainings by a file of a framework that names its data sets. */
import assert from 'node:assert/strict'
import { billHere } from './here.js'

const job = '#!/bin/bash\n#SBATCH --gres=gpu:a100:1\naxolotl train recipe.yaml\n'

interface Entry {
  hours: { low: number; high: number } | null
}

const recipe = (...sets: string[]) => `base_model: meta-llama/Llama-3.2-1B
adapter: lora
datasets:
${sets.map((set) => `  - {type: alpaca, ${set}}\n`).join('')}num_epochs: 1
micro_batch_size: 4
sequence_len: 512
bf16: true
`
const hours = async (...sets: string[]) =>
  (await billHere<Entry>({ 'job.sh': job, 'recipe.yaml': recipe(...sets) })).hours

describe('costlint cost of data sets that a recipe names', () => {
  it('adds up several sets', async () => {
    const one = (await hours('path: tatsu-lab/alpaca'))!
    const two = (await hours('path: tatsu-lab/alpaca', 'path: vicgalle/alpaca-gpt4'))!
    assert.ok(two.low > 1.8 * one.low, JSON.stringify([one, two]))
    assert.equal(await hours('path: tatsu-lab/alpaca', 'path: ./own.jsonl'), null)
  })

  it('does not take a part of a set for all of it', async () => {
    assert.notEqual(await hours('path: tatsu-lab/alpaca, split: train'), null)
    assert.equal(await hours('path: tatsu-lab/alpaca, split: "train[:1%]"'), null)
    assert.equal(await hours('path: tatsu-lab/alpaca, shards: 50'), null)
  })
})

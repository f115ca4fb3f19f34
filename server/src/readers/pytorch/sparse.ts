/** Graphs and sparse tensors: whatever trains on them waits for gathering and scattering, not for matrix products. */
import { defineReader } from '../reader.js'
import { paceSetter } from './loop-facts.js'

export const sparseReader = defineReader({
  name: 'pytorch-sparse',
  languages: ['python'],
  triggers: [
    'torch_geometric',
    'torch_sparse',
    'torch_scatter',
    'import dgl',
    'from dgl',
    'import ogb',
    'from ogb',
    'MinkowskiEngine',
    'spconv',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    const first = python?.tree.body.find((one) => one.type === 'import')
    if (python === undefined || first === undefined) return
    const pace = paceSetter(python, null)
    // Trainers of other readers get it too.
    if (pace !== null) claims.extend('Training').known('boundBy', pace, pace, first)
  },
})

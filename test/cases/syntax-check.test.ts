import assert from 'node:assert/strict'
import { isBroken } from './syntax-check.js'

describe('syntax of fixed files', () => {
  const notebook = (source: string) => JSON.stringify({ cells: [{ cell_type: 'code', source }] })
  for (const [path, text, broken] of [
    ['a.py', 'f(a, b=1)\n', false],
    ['a.py', 'f(a b=1)\n', true],
    ['a.ipynb', notebook('!pip install x\nf(a)'), false],
    ['a.ipynb', notebook('%%bash\necho ('), false],
    ['a.ipynb', notebook('f(a'), true],
    ['a.yaml', 'a: [1, 2]\n', false],
    ['a.yaml', 'a: [1, 2\n', true],
    ['a.json', '{"a": 1}', false],
    ['a.json', '{"a": }', true],
    ['a.toml', 'a = 1\n', false],
    ['a.toml', 'a = = 1\n', true],
    ['a.slurm', '#!/bin/bash\nsrun python x.py\n', false],
    ['a.slurm', 'if true; then\n', true],
    ['a.tf', 'a = 1\n', false],
    ['notes.txt', '((((', false],
  ] as const) {
    it(`${path} ${JSON.stringify(text)} is ${broken ? 'broken' : 'sound'}`, async () => {
      assert.equal(await isBroken(path, text), broken)
    })
  }
})

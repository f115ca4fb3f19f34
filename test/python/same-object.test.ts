/** Which class an object is of that has been moved, wrapped or assigned again. */
import assert from 'node:assert/strict'
import { importedTarget } from '../../server/src/python/import-targets.js'
import { analyse, callNamed } from './analyse.js'

const classes = `import copy
from torch import nn
class Averaged(nn.Module):
    def __init__(self, model):
        self.module = copy.deepcopy(model)
    def save(self): pass
class Net(nn.Module):
    def save(self): pass
class Trainer:
    def train(self): return {}
    def save(self): pass
`

describe('classes of objects', () => {
  const spellings: [title: string, text: string, owner: string | null][] = [
    ['moved', 'net = Net().cuda()\nnet.save()', 'Net'],
    [
      'wrapped in one of two branches',
      'net = Net()\nif many:\n  net = nn.DataParallel(net)\nnet.module.save()',
      'Net',
    ],
    ['one of two classes', 'net = Net()\nif many:\n  net = Averaged(net)\nnet.save()', null],
    ['what a trainer gives back', 'trainer = Trainer()\nresult = trainer.train()\nresult.save()', null],
    ['kept under the name of a wrapped one', 'kept = Averaged(Net())\nkept.module.save()', null],
  ]
  for (const [title, text, owner] of spellings) {
    it(title, async () => {
      const python = await analyse(`${classes}${text}\n`)
      const func = python.functionOf(callNamed(python, 'save').expr.callee)
      assert.equal(func?.class?.name ?? null, owner)
    })
  }

  it('classes of another module', async () => {
    const around = { modules: { parts: classes } }
    const net = await analyse('from parts import Net\nnet = Net().train()\nnet.save()\n', around)
    assert.equal(importedTarget(net, callNamed(net, 'save').expr.callee), 'parts.Net.save')
    const trainer =
      'from parts import Trainer\ntrainer = Trainer()\nresult = trainer.train()\nresult.save()\n'
    const python = await analyse(trainer, around)
    assert.equal(importedTarget(python, callNamed(python, 'save').expr.callee), null)
  })
})

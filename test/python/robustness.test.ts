/** Half-typed, deep and hostile code gives a partial analysis, never an exception. */
import assert from 'node:assert/strict'
import { givenByCallers } from '../../server/src/values/given-by-callers.js'
import { analyse, callNamed, fold } from './analyse.js'

const training = `import argparse
import torch
from torch.utils.data import DataLoader

class Net(torch.nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layer = torch.nn.Linear(4, width)

    def forward(self, x):
        return self.layer(x)

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--workers', type=int, default=4)
    args = parser.parse_args()
    options = {'num_workers': args.workers, **{'pin_memory': True}}
    options['drop_last'] = not False
    loader = DataLoader(data, batch_size=[2 ** i for i in range(8)][-1], **options)
    model = Net().to('cuda')
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    for epoch in range(10):
        for x, y in loader:
            with torch.autocast('cuda'):
                loss = (lambda a, b: a - b)(model(x), y)
            loss.backward()
            optimizer.step()

if __name__ == '__main__':
    main()
`

describe('code as it is typed', () => {
  it('every beginning of a program can be analysed', async () => {
    for (let end = 0; end <= training.length; end += 7) {
      const analysis = await analyse(training.slice(0, end))
      for (const call of analysis.calls) for (const each of call.expr.args) analysis.fold(each.value)
      analysis.summary()
    }
  })

  it('a broken statement leaves the others alone', async () => {
    const analysis = await analyse('import torch\nx = (1,\ny = 3\ntorch.load(p)\n')
    assert.equal(analysis.hasErrors, true)
    const fixed = await analyse('import torch\ndef f(:\n  pass\n\ntorch.load(p)\n')
    assert.equal(callNamed(fixed, 'load').name, 'torch.load')
  })
})

describe('deep nesting', () => {
  const deep: [title: string, text: string][] = [
    ['brackets', `x = ${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['calls', `x = ${'f('.repeat(5_000)}${')'.repeat(5_000)}`],
    ['attributes', `x = a${'.b'.repeat(10_000)}`],
    ['method chains', `x = a${'.b()'.repeat(5_000)}`],
    ['sums', `x = ${'1 + '.repeat(10_000)}1`],
    ['conditions', `x = ${'1 if a else '.repeat(3_000)}2`],
    ['blocks', Array.from({ length: 90 }, (_, i) => `${' '.repeat(i)}if x:`).join('\n')],
    ['elif', `if a:\n  pass\n${'elif b:\n  pass\n'.repeat(3_000)}`],
    ['comprehensions', `x = ${'[y for y in '.repeat(500)}z${']'.repeat(500)}`],
    ['lambdas', `x = ${'lambda a: '.repeat(3_000)}1`],
    ['functions', Array.from({ length: 80 }, (_, i) => `${' '.repeat(i)}def f${i}():`).join('\n')],
  ]
  for (const [title, text] of deep) {
    it(title, async () => {
      const analysis = await analyse(`import torch\n${text}\ntorch.load(p)\n`)
      for (const statement of analysis.statements)
        if (statement.type === 'assign' && statement.value !== null) {
          analysis.fold(statement.value)
          analysis.nameOf(statement.value)
          analysis.typeOf(statement.value)
          analysis.possible(statement.value)
          analysis.keysOf(statement.value)
          analysis.effects(statement.value)
        }
      analysis.summary()
    })
  }
})

describe('names that every object has', () => {
  it('are no rows of a table', async () => {
    const modules = { common: 'def train():\n  pass' }
    const analysis = await analyse(
      'from common import constructor, toString\nimport valueOfName\nx = constructor(1)\ny = valueOfName()\ntoString()\n' +
        "d = {'a': 1}\nz = d['constructor']\nfor i in range(3):\n  constructor()\n  y.step()\nclass A(constructor):\n  pass\n",
      { modules },
    )
    for (const call of analysis.calls) {
      analysis.callOf(call.expr)
      analysis.typeOf(call.expr)
    }
    assert.deepEqual(
      analysis.statements
        .filter((one) => one.type === 'assign')
        .map((one) => analysis.fold(one.value!).state),
      ['unknown', 'unknown', 'known', 'unknown'],
    )
    analysis.summary()
  })
})

describe('code that would take long', () => {
  it('many names, calls and changes of one dictionary', async () => {
    const lines = ['d = {}', ...Array.from({ length: 4000 }, (_, i) => `d['k${i}'] = ${i}\nf(d, **d)`)]
    const analysis = await analyse(lines.join('\n'))
    assert.equal(analysis.calls.length, 4000)
  })

  it('many functions that call each other', async () => {
    const lines = Array.from(
      { length: 400 },
      (_, i) => `def f${i}(x):\n  f${(i * 7) % 400}(x)\n  f${(i * 3) % 400}(x)\n  f${(i + 1) % 400}(x)`,
    )
    const analysis = await analyse(`${lines.join('\n')}\nfor x in y:\n  f0(x)\n`)
    analysis.summary()
    assert.equal(analysis.loops[0]!.role, 'other')
  })

  it('values of the environment that are made of each other', async () => {
    const lines = ['import os', "w0 = int(os.environ.get('W', 0))"]
    for (let i = 1; i <= 12; i++)
      lines.push(`w${i} = max(${Array.from({ length: 12 }, () => `w${i - 1}`).join(', ')})`)
    const { replaceable } = (await analyse(lines.join('\n'))).summary()
    assert.deepEqual(replaceable?.w1, { value: 0, variables: ['W'] })
  })

  it('functions that each hand on what hundreds of calls give them', async () => {
    const lines = ['def f0(x, callbacks=None):', '  use(callbacks)']
    for (let i = 1; i <= 4; i++) {
      lines.push(`def f${i}(x, callbacks=None):`)
      for (let call = 0; call < 200; call++) lines.push(`  f${i - 1}(x, callbacks)`)
    }
    for (let call = 0; call < 200; call++) lines.push('f4(1, [Stopping()])')
    const analysis = await analyse(lines.join('\n'))
    assert.equal(givenByCallers(analysis, callNamed(analysis, 'use').expr.args[0]!.value), true)
  })

  it('objects of another module that hold each other many times', async () => {
    const fields = Array.from({ length: 12 }, (_, i) => `    x${i}: object = None`)
    const held = `from dataclasses import dataclass\n@dataclass\nclass Held:\n    w: int = 0\n${fields.join('\n')}\n`
    const lines = ['from held import Held', 'v0 = Held(w=1)']
    for (let i = 1; i <= 9; i++)
      lines.push(`v${i} = Held(w=${i}, ${fields.map((_, k) => `x${k}=v${i - 1}`).join(', ')})`)
    const folded = await fold(lines.join('\n'), 'v9.w', { modules: { held } })
    assert.equal(folded.state === 'known' && folded.value, 9)
  })
})

describe('what callers may leave out', () => {
  for (const [given, answer] of [
    ['[Stopping()]', true],
    ['None', false],
    ['chosen', null],
    ['wanted or None', null],
    ['make()', null],
  ] as const)
    it(`${given}: ${answer}`, async () => {
      const before =
        'chosen = None\nif wanted:\n  chosen = [Stopping()]\ndef make():\n  if wanted:\n    return [Stopping()]\n  return None\n'
      const analysis = await analyse(`${before}def fit(callbacks=None):\n  use(callbacks)\nfit(${given})\n`)
      assert.equal(givenByCallers(analysis, callNamed(analysis, 'use').expr.args[0]!.value), answer)
    })
})

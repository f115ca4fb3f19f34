/** The tool that writes cases another way, with three rewritings of one case. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { casesOf } from './drawn-cases.js'
import { CannotRewrite, rewrite, type Variation } from './rewrite.js'
import { list, outcomes, report, tally } from './survival.js'

const page = `# data/no-loader-workers

## The loader decodes images by itself

\`\`\`python train.py
import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder

loader = DataLoader(ImageFolder('train'), batch_size=64)
#        ^^^^^^^^^^ warning: …
for images, labels in loader:
    loss = model(images.cuda(), labels.cuda())
    loss.backward()
    optimizer.step()
\`\`\`

## Workers are given

\`\`\`python train.py
loader = DataLoader(dataset, num_workers=8)
\`\`\`
`

const cases = casesOf('data/no-loader-workers.md', page, false)
const wanted = { only: ['constants', 'factories-elsewhere', 'started-by-command'], chains: 0, seed: '1' }

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = []
  for await (const item of items) collected.push(item)
  return collected
}

async function* each<Item>(items: Item[]): AsyncGenerator<Item> {
  yield* items
}

describe('variations', () => {
  it('draws the cases with a finding, or those without one', () => {
    assert.deepEqual(
      cases.map(({ id, script }) => [id, script]),
      [['data/no-loader-workers.md:3', 'train.py']],
    )
    assert.deepEqual(
      casesOf('data/no-loader-workers.md', page, true).map(({ id }) => id),
      ['data/no-loader-workers.md:18'],
    )
  })

  it('says what it needs where there is no Python', async () => {
    await assert.rejects(
      all(rewrite(cases, wanted, 'no-such-python3')),
      new CannotRewrite('no-such-python3 cannot be started: the rewritings need Python 3.9 or newer'),
    )
  })

  it('counts what is seen, has become a hint and is lost, and lists it', async () => {
    const text = (files: Record<string, string>) => ({ case: cases[0]!.id, files })
    const variations: Variation[] = [
      { ...text(cases[0]!.files), rewritings: ['unchanged'] },
      { ...text(cases[0]!.files), rewritings: ['constants'] },
      { ...text({ 'train.py': 'print(1)\n' }), rewritings: ['constants', 'registry'] },
    ]
    const found = await all(outcomes(cases, each(variations)))
    assert.equal(
      report(tally(found)),
      [
        '2 variations of cases with a finding: 1 keep it, 0 as a hint only, 1 lose it',
        '0 new findings in them',
        '',
        '  kept   seen  hint  lost  by rewriting',
        '   0 %      0     0     1  registry',
        '  50 %      1     0     1  constants',
        '',
        '  kept   seen  hint  lost  by rule',
        '  50 %      1     0     1  data/no-loader-workers',
      ].join('\n'),
    )
    const lost = found.filter(({ fate }) => fate === 'lost')
    assert.equal(list(lost), 'lost  data/no-loader-workers  constants+registry  data/no-loader-workers.md:3')
  })

  describe('with python3', () => {
    before(function () {
      if (spawnSync('python3', ['--version']).status === 0) return
      console.log('      no python3: cases are not rewritten')
      this.skip()
    })

    it('three rewritings of a case keep its finding', async () => {
      const found = (await all(outcomes(cases, rewrite(cases, wanted)))).filter(({ fate }) => fate !== 'new')
      assert.deepEqual(
        found.map(({ fate, variation }) => [fate, variation.rewritings, Object.keys(variation.files).sort()]),
        [
          ['seen', ['constants'], ['train.py']],
          ['seen', ['factories-elsewhere'], ['parts.py', 'train.py']],
          ['seen', ['started-by-command'], ['lab/__init__.py', 'lab/training.py', 'pyproject.toml']],
        ],
      )
      assert.equal(
        found[1]!.variation.files['train.py'],
        [
          'import torch',
          'from torch.utils.data import DataLoader',
          'from torchvision.datasets import ImageFolder',
          'from parts import build_loader',
          'loader = build_loader()',
          'for images, labels in loader:',
          '    loss = model(images.cuda(), labels.cuda())',
          '    loss.backward()',
          '    optimizer.step()',
          '',
        ].join('\n'),
      )
    })

    it('names the rewritings there are where it is asked for another', async () => {
      await assert.rejects(
        all(rewrite(cases, { ...wanted, only: ['rot13'] })),
        /no such rewriting: rot13\nthere are: .*constants.*started-by-command/s,
      )
    })
  })
})

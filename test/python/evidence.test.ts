/** What a file is for, what it runs on, whether it is small, and whether it is run. */
import assert from 'node:assert/strict'
import { type Around, analyse, launch } from './analyse.js'

const evidence = async (text: string, around: Around = {}) => (await analyse(text, around)).evidence
const loop = 'for x in loader:\n  loss.backward()\n  optimizer.step()\n'

describe('the role of a file', () => {
  const files: [title: string, text: string, role: string, path?: string][] = [
    ['a loop that steps', loop, 'training'],
    ['fit', 'model.fit(x, y)', 'training'],
    ['generate', 'out = model.generate(x)', 'inference'],
    ['tables', 'import pandas as pd\nd = pd.read_csv(p)\nd.to_csv(q)', 'data'],
    ['definitions', 'class Net:\n  def forward(self, x):\n    return x', 'library'],
    ['a test', loop, 'test', 'tests/test_train.py'],
    ['a test beside the code', loop, 'test', 'src/train_test.py'],
    ['a folder that only sounds like one', loop, 'training', 'contest/train.py'],
  ]
  for (const [title, text, role, path] of files) {
    it(title, async () => assert.equal((await evidence(text, path === undefined ? {} : { path })).role, role))
  }
})

describe('what it runs on', () => {
  const files: [text: string, accelerator: string][] = [
    ['model.cuda()', 'gpu'],
    ["model.to('cuda:1')", 'gpu'],
    ["import torch\nd = 'cuda' if torch.cuda.is_available() else 'cpu'", 'maybe'],
    ["d = torch.device('cpu')", 'cpu'],
    ['import torch_xla.core.xla_model as xm\nxm.xla_device()', 'tpu'],
    ['x = 1', 'none'],
    ['"""Runs on cuda."""\nx = 1', 'none'],
  ]
  for (const [text, accelerator] of files) {
    it(text.replaceAll('\n', '; '), async () => assert.equal((await evidence(text)).accelerator, accelerator))
  }

  it('a launch that hides the devices', async () => {
    const binding = launch({}, { environment: { CUDA_VISIBLE_DEVICES: '' } })
    assert.equal((await evidence('model.cuda()', { binding })).accelerator, 'cpu')
  })
})

describe('small demonstrations', () => {
  it('toy data', async () => {
    assert.equal((await evidence('from torchvision.datasets import MNIST\nd = MNIST(root)')).small, 'MNIST')
    assert.equal((await evidence("d = load_dataset('ylecun/mnist')")).small, 'ylecun/mnist')
    assert.equal((await evidence("d = load_dataset('administration')")).small, null)
    assert.equal((await evidence("d = load_dataset('bentrevett/multi30k')")).small, 'bentrevett/multi30k')
    assert.equal(
      (await evidence("d = ImageFolder('data/hymenoptera_data/train')")).small,
      'data/hymenoptera_data/train',
    )
    assert.equal((await evidence('train, test = corrupt_mnist()')).small, 'corrupt_mnist')
    assert.equal((await evidence('d = MnistDataset(root)')).small, 'MnistDataset')
    assert.equal((await evidence("d = read_csv('heart-rate/heartbeats.csv')")).small, null)
  })

  it('a folder or a file that is named after toy data', async () => {
    const small = async (path: string) => (await evidence(loop, { path })).small
    assert.equal(await small('competitions/Titanic/scripts/tune.py'), 'Titanic')
    assert.equal(await small('examples/train_mnist.py'), 'mnist')
    assert.equal(await small('spaceship_titanic/tune.py'), 'spaceship_titanic')
    assert.equal(await small('kaggle-house-price-prediction/main.py'), 'kaggle-house-price-prediction')
    assert.equal(await small('Maternal Risk/main.py'), 'Maternal Risk')
    assert.equal(await small('warehouse-price-forecasts/train.py'), null)
    const competition = "d = read_csv('prediction-interval-competition-ii-house-price/train.csv')"
    assert.equal((await evidence(competition)).small, null)
    assert.equal((await evidence("d = read_csv('house-prices-land-registry/all.csv')")).small, null)
    assert.equal(
      (await evidence("d = read_csv('../house-prices/train.csv')")).small,
      '../house-prices/train.csv',
    )
    assert.equal(await small('notebooks/final_titanic_deberta.py'), null)
  })

  it('a toy set beside a real one is an option', async () => {
    const text = 'from torchvision import datasets\na = datasets.FakeData()\nb = datasets.ImageFolder(p)'
    assert.equal((await evidence(text)).small, null)
  })
})

describe('entry points', () => {
  const files: [text: string, isEntry: boolean][] = [
    ["if __name__ == '__main__':\n  main()", true],
    [loop, true],
    ['main()', true],
    ['def main():\n  model.fit(x)', false],
    ['class A:\n  x = 1', false],
    ['import click\n@click.command()\ndef go():\n  pass', true],
    ['import hydra\n@hydra.main()\ndef go(cfg):\n  pass', true],
    ['import fire\nfire.Fire(go)', true],
  ]
  for (const [text, isEntry] of files) {
    it(text.replaceAll('\n', '; '), async () => assert.equal((await analyse(text)).isEntry, isEntry))
  }
  it('a notebook', async () => assert.equal((await analyse('x = 1', { notebook: true })).isEntry, true))
})

describe('what others learn of a module', () => {
  it('constants, functions, classes and what it passes on', async () => {
    const summary = (
      await analyse(
        'from torch.utils.data import DataLoader\nimport torch\nN = 4\nM = read()\nL = []\nL.append(1)\n' +
          'def train(model):\n  for x in l:\n    loss.backward()\n    optimizer.step()\n' +
          'def make():\n  return torch.optim.SGD(p)\n' +
          'class Data(torch.utils.data.Dataset):\n  def __getitem__(self, i):\n    return Image.open(p)\n',
      )
    ).summary()
    assert.deepEqual(summary.constants, { N: 4, L: [1] })
    assert.deepEqual(
      [summary.functions.train!.trains, summary.functions.train!.params, summary.functions.make!.returns],
      [true, ['model'], 'torch.optim.SGD'],
    )
    assert.deepEqual(summary.classes.Data!.bases, ['torch.utils.data.Dataset'])
    assert.ok(summary.classes.Data!.items!.includes('.open'))
    assert.equal(summary.reexports.DataLoader, 'torch.utils.data.DataLoader')
    assert.ok(summary.imports.includes('torch.utils.data'))
    assert.deepEqual(JSON.parse(JSON.stringify(summary)), summary)
  })
})

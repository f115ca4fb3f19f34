/** What names stand for. */
import assert from 'node:assert/strict'
import { type Around, analyse, callNamed } from './analyse.js'

async function nameOfCall(text: string, method: string, around: Around = {}): Promise<string | null> {
  return callNamed(await analyse(text, around), method).name
}
const loader = 'torch.utils.data.DataLoader'

describe('names of callees', () => {
  const spellings: [title: string, text: string, method: string, name: string | null][] = [
    ['from import', 'from torch.utils.data import DataLoader\nDataLoader(x)', 'DataLoader', loader],
    ['from import as', 'from torch.utils.data import DataLoader as DL\nDL(x)', 'DL', loader],
    ['import as', 'import torch.utils.data as data\ndata.DataLoader(x)', 'DataLoader', loader],
    ['import of the root', 'import torch\ntorch.utils.data.DataLoader(x)', 'DataLoader', loader],
    ['another name for it', 'from torch.utils.data import DataLoader\nDL = DataLoader\nDL(x)', 'DL', loader],
    [
      'another name for the module',
      'import torch\nd = torch.utils.data\nd.DataLoader(x)',
      'DataLoader',
      loader,
    ],
    [
      'the module behind it',
      'from torch.utils.data.dataloader import DataLoader\nDataLoader(x)',
      'DataLoader',
      loader,
    ],
    ['star import of a known module', 'from torch.utils.data import *\nDataLoader(x)', 'DataLoader', loader],
    ['star import of another module', 'from mine import *\nDataLoader(x)', 'DataLoader', null],
    [
      'an import with a fallback',
      'try:\n  from sklearn.model_selection import GridSearchCV\nexcept ImportError:\n  from sklearn.grid_search import GridSearchCV\nGridSearchCV(m, g)',
      'GridSearchCV',
      'sklearn.model_selection.GridSearchCV',
    ],
    [
      'an import or None',
      'try:\n  import wandb\nexcept ImportError:\n  wandb = None\nwandb.init()',
      'init',
      'wandb.init',
    ],
    [
      'partial',
      'from functools import partial\nfrom torch.utils.data import DataLoader\nDL = partial(DataLoader, num_workers=2)\nDL(x)',
      'DL',
      loader,
    ],
    [
      'a subclass without a constructor',
      'from torch.utils.data import DataLoader\nclass Mine(DataLoader):\n  pass\nMine(x)',
      'Mine',
      loader,
    ],
    [
      'a subclass with one',
      'from torch.utils.data import DataLoader\nclass Mine(DataLoader):\n  def __init__(self):\n    pass\nMine(x)',
      'Mine',
      null,
    ],
    [
      'a function of that name',
      'from torch.utils.data import DataLoader\ndef DataLoader(x):\n  pass\nDataLoader(x)',
      'DataLoader',
      null,
    ],
    ['a parameter of that name', 'import wandb\ndef f(wandb):\n  wandb.init()', 'init', null],
    ['a loop variable of that name', 'import wandb\nfor wandb in items:\n  wandb.init()', 'init', null],
    ['an import inside a function', 'def f():\n  import wandb\n  wandb.init()', 'init', 'wandb.init'],
    ['an import in another function', 'def g():\n  import wandb\ndef f():\n  wandb.init()', 'init', null],
    ['nothing that binds it', 'wandb.init()', 'init', null],
    [
      'two libraries under conditions',
      'if x:\n  import keras as k\nelse:\n  import torch as k\nk.save(m)',
      'save',
      'keras.save',
    ],
    [
      'PyTorch Lightning, old',
      'import pytorch_lightning as pl\npl.Trainer()',
      'Trainer',
      'lightning.pytorch.Trainer',
    ],
    ['PyTorch Lightning, new', 'import lightning as L\nL.Trainer()', 'Trainer', 'lightning.pytorch.Trainer'],
    [
      'Keras inside TensorFlow',
      'import tensorflow as tf\ntf.keras.callbacks.EarlyStopping()',
      'EarlyStopping',
      'keras.callbacks.EarlyStopping',
    ],
  ]
  for (const [title, text, method, name] of spellings) {
    it(title, async () => assert.equal(await nameOfCall(text, method), name))
  }

  it('follows what a module of the project passes on', async () => {
    const modules = {
      common:
        'from torch.utils.data import DataLoader\nimport wandb as tracker\nfrom torch.nn import Module as Net',
      '.local': 'from sklearn.model_selection import GridSearchCV',
    }
    assert.equal(
      await nameOfCall('from common import DataLoader\nDataLoader(x)', 'DataLoader', { modules }),
      loader,
    )
    assert.equal(await nameOfCall('import common\ncommon.DataLoader(x)', 'DataLoader', { modules }), loader)
    assert.equal(
      await nameOfCall('from .local import GridSearchCV as G\nG(m, g)', 'G', { modules }),
      'sklearn.model_selection.GridSearchCV',
    )
    assert.equal(await nameOfCall('from .local import Other\nOther()', 'Other', { modules }), null)
    assert.equal(await nameOfCall('from common import *\nDataLoader(x)', 'DataLoader', { modules }), loader)
  })

  it('finds the base of a class of another module', async () => {
    const modules = { nets: 'import torch\nclass Base(torch.nn.Module):\n  pass' }
    const analysis = await analyse('from nets import Base\nclass Net(Base):\n  pass', { modules })
    assert.ok(analysis.classes[0]!.bases.includes('torch.nn.Module'))
  })
})

describe('receivers of methods', () => {
  const receivers: [title: string, text: string, method: string, receiver: string | null][] = [
    [
      'an assigned object',
      'import lightning as L\nt = L.Trainer()\nt.fit(m)',
      'fit',
      'lightning.pytorch.Trainer',
    ],
    ['at once', 'import lightning as L\nL.Trainer().fit(m)', 'fit', 'lightning.pytorch.Trainer'],
    [
      'an attribute of self',
      'import lightning as L\nclass A:\n  def __init__(self):\n    self.t = L.Trainer()\n  def go(self):\n    self.t.fit(m)',
      'fit',
      'lightning.pytorch.Trainer',
    ],
    [
      'what a function returns',
      'import lightning as L\ndef make():\n  t = L.Trainer()\n  return t\nt = make()\nt.fit(m)',
      'fit',
      'lightning.pytorch.Trainer',
    ],
    [
      'an annotation',
      'import lightning as L\ndef go(t: L.Trainer):\n  t.fit(m)',
      'fit',
      'lightning.pytorch.Trainer',
    ],
    ['a factory', 'import optuna\ns = optuna.create_study()\ns.optimize(f)', 'optimize', 'optuna.Study'],
    ['a moved model', 'import torch\nm = torch.nn.Linear(1, 2).cuda()\nm.step()', 'step', 'torch.nn.Linear'],
    ['with … as', 'import torch\nwith torch.Context() as c:\n  c.step()', 'step', 'torch.Context'],
    ['an entry of a table', 'import a\nT = {"one": a.One}\nt = T["one"]()\nt.fit(m)', 'fit', 'a.One'],
    [
      'an entry that is replaced among others',
      'import a\nT = {"one": a.One}\nT["one"], more = other, 1\nt = T["one"]()\nt.fit(m)',
      'fit',
      null,
    ],
    ['one of two', 'import a\nif x:\n  t = a.One()\nelse:\n  t = a.Two()\nt.fit(m)', 'fit', null],
    [
      'prepare keeps the types',
      'import torch\nfrom accelerate import Accelerator\na = Accelerator()\no = torch.optim.SGD(p)\nm, o = a.prepare(m, o)\no.step()',
      'step',
      'torch.optim.SGD',
    ],
  ]
  for (const [title, text, method, receiver] of receivers) {
    it(title, async () => {
      const analysis = await analyse(text)
      const call = [...analysis.calls].reverse().find((one) => one.method === method)!
      assert.equal(call.receiver, receiver)
    })
  }
})

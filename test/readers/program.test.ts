/** How a program uses the devices of a node, and whether it can go on from what it saved. */
import assert from 'node:assert/strict'
import { programReader } from '../../server/src/readers/python/program.js'
import { extractionOf, settingsOf } from './claims-of.js'

async function program(text: string): Promise<Record<string, unknown>> {
  return settingsOf(await extractionOf([programReader], text), 'Program')
}

const loop = `
model = torch.nn.Linear(4096, 4096).cuda()
optimizer = torch.optim.AdamW(model.parameters())
for epoch in range(10):
    for x in batches:
        loss = model(x).mean()
        loss.backward()
        optimizer.step()
`

describe('a program on the devices of a node', () => {
  const cases: [title: string, text: string, parallelism: string][] = [
    ['a plain loop uses one', `import torch\n${loop}`, 'none'],
    [
      'DDP',
      `import torch\nfrom torch.nn.parallel import DistributedDataParallel as DDP\n${loop}\nmodel = DDP(model)`,
      'distributed',
    ],
    [
      'FSDP2',
      `import torch\nfrom torch.distributed.fsdp import fully_shard\n${loop}\nfully_shard(model)`,
      'distributed',
    ],
    ['DataParallel', `import torch\n${loop}\nmodel = torch.nn.DataParallel(model)`, 'data-parallel'],
    [
      'an accelerator',
      `import torch\nfrom accelerate import Accelerator\naccelerator = Accelerator()\n${loop}`,
      'distributed',
    ],
    [
      'Lightning takes all',
      `import lightning as L\ntrainer = L.Trainer(max_epochs=3)\ntrainer.fit(model)`,
      'distributed',
    ],
    [
      'Lightning with one device',
      `import lightning as L\ntrainer = L.Trainer(devices=1)\ntrainer.fit(model)`,
      'none',
    ],
    [
      'the trainer of transformers',
      `from transformers import Trainer\nTrainer(model=model).train()`,
      'data-parallel',
    ],
    ['a trainer of TRL', `from trl import SFTTrainer\nSFTTrainer(model=model).train()`, 'data-parallel'],
    ['DeepSpeed', `import deepspeed\nengine, _, _, _ = deepspeed.initialize(model=model)`, 'distributed'],
    ['Horovod', `import torch\nimport horovod.torch as hvd\nhvd.init()\n${loop}`, 'distributed'],
    [
      'MirroredStrategy',
      `import tensorflow as tf\nstrategy = tf.distribute.MirroredStrategy()`,
      'distributed',
    ],
    ['pmap', `import jax\nstep = jax.pmap(lambda x: x)`, 'distributed'],
    ['Ray Train', `import torch\nfrom ray.train.torch import TorchTrainer\nTorchTrainer(loop).fit()`, 'none'],
    ['trials of Ray Tune', `import torch\nfrom ray import tune\ntune.Tuner(objective).fit()`, 'none'],
    [
      'parallel trials of Optuna',
      `import torch, optuna\nstudy = optuna.create_study()\nstudy.optimize(objective, n_jobs=4)`,
      'trials',
    ],
    [
      'device_map',
      `import torch\nfrom transformers import AutoModel\nmodel = AutoModel.from_pretrained('x', device_map='auto')`,
      'model-parallel',
    ],
    ['tensor parallel inference', `import torch\nllm = LLM('x', tensor_parallel_size=4)`, 'model-parallel'],
    ['a second device by name', `import torch\n${loop}\nother = model.to('cuda:1')`, 'model-parallel'],
    ['a device by number', `import torch\nmodel = make().cuda(1)`, 'model-parallel'],
    [
      'processes over devices',
      `import torch\nimport torch.multiprocessing as mp\nmp.spawn(main, nprocs=4)`,
      'spawned',
    ],
    [
      'torchrun from inside',
      `import subprocess\nimport torch\nsubprocess.run(['torchrun', '--nproc_per_node=4', 'real.py'])`,
      'spawned',
    ],
    [
      'git from inside',
      `import subprocess\nimport torch\nsha = subprocess.check_output(['git', 'rev-parse', 'HEAD'])\n${loop}`,
      'none',
    ],
    ['xgboost over dask', `import xgboost as xgb\nxgb.dask.train(client, {}, data)`, 'distributed'],
    [
      'a count of devices',
      `import torch\nn = torch.cuda.device_count()\n${loop}`,
      'unknown: it asks how many devices there are',
    ],
    [
      'a program that is not known',
      `import subprocess\nimport torch\nsubprocess.run(command)`,
      'unknown: it starts other programs',
    ],
  ]
  for (const [title, text, expected] of cases) {
    it(title, async () => assert.equal((await program(text)).parallelism, expected))
  }
})

describe('what modules that are not here could bring', () => {
  const cases: [title: string, imports: string, could: string[] | undefined][] = [
    [
      'a library by its name',
      'from fancytrainer import Engine',
      ['accelerator', 'devices', 'training', 'checkpoints'],
    ],
    ['a helper', 'from utils import AverageMeter, set_seed', undefined],
    ['a helper that wraps', 'from utils import to_parallel', ['devices']],
    ['what makes the network', 'from zoo import build\nmodel = build()', ['accelerator', 'devices']],
    ['a class of a network', 'from zoo import Net\nmodel = Net()', ['accelerator']],
    ['checkpoints', 'from .utils import load_checkpoint', ['checkpoints']],
    ['a library of the processor', 'import pandas, tqdm', undefined],
    ['what Python brings', 'import atexit, faulthandler, optparse, smtplib', undefined],
  ]
  for (const [title, imports, could] of cases) {
    it(title, async () => {
      const { unseen } = await extractionOf([programReader], `import torch\n${imports}\n${loop}`)
      assert.deepEqual(unseen?.[0]?.could, could)
    })
  }
})

describe('a program that goes on later', () => {
  const cases: [title: string, text: string, resumes: unknown][] = [
    ['keeps nothing', `import torch\n${loop}`, false],
    ['only saves', `import torch\n${loop}\ntorch.save(model.state_dict(), 'last.pt')`, false],
    [
      'saves and restores the optimiser',
      `import torch\nstate = torch.load('last.pt')\noptimizer.load_state_dict(state['optimizer'])\nstart_epoch = state['epoch']\n${loop.replace('range(', 'range(start_epoch, ')}\ntorch.save({'optimizer': optimizer.state_dict(), 'epoch': epoch}, 'last.pt')`,
      true,
    ],
    [
      'restores the optimiser when its loop has ended',
      `import torch\n${loop}\ntorch.save(model.state_dict(), 'last.pt')\noptimizer.load_state_dict(torch.load('last.pt'))`,
      false,
    ],
    [
      'loads weights only',
      `import torch\n${loop}\ntorch.save(model.state_dict(), 'last.pt')\nmodel.load_state_dict(torch.load('pretrained.pt'))`,
      false,
    ],
    [
      'loads weights under the name of a checkpoint',
      `import torch\nckpt_path = 'pretrained.pt'\nmodel.load_state_dict(torch.load(ckpt_path))\n${loop}\ntorch.save(model.state_dict(), 'last.pt')`,
      false,
    ],
    [
      'names that only look like it, and the code behind them commented out',
      `import torch\nmodel.load_state_dict(torch.load('pretrained.pt'))\nresume_model = 'last.pt'\nstart_epoch = 1\n# if resume_model: start_epoch = torch.load(resume_model)['epoch']\n${loop}\ntorch.save(model.state_dict(), 'last.pt')`,
      false,
    ],
    [
      'loads where it is asked to',
      `import torch\nif args.resume:\n    model.load_state_dict(torch.load('last.pt'))\n${loop}\ntorch.save(model.state_dict(), 'last.pt')`,
      'unknown: it counts its epochs from the first again',
    ],
    [
      'takes the epoch from what it loads',
      `import torch\nstate = torch.load('last.pt')\nmodel.load_state_dict(state['model'])\nstart_epoch = state['epoch'] + 1\n${loop.replace('range(', 'range(start_epoch, ')}\ntorch.save(model.state_dict(), 'last.pt')`,
      true,
    ],
    [
      'goes on from the weights that it saves',
      `import os\nimport torch\nif os.path.exists('last.pt'):\n    model.load_state_dict(torch.load('last.pt'))\n${loop}\n    torch.save(model.state_dict(), 'last.pt')`,
      'unknown: it counts its epochs from the first again',
    ],
    [
      'goes on from a folder that it saves',
      `import os\nimport torch\nfrom diffusers import UNet2DModel\nif os.path.isdir('unet'):\n    model = UNet2DModel.from_pretrained('unet')\n${loop}\n    model.save_pretrained('unet')`,
      true,
    ],
    [
      'loads the best weights behind the loop, for a test',
      `import torch\n${loop}\n    torch.save(model.state_dict(), 'best.pt')\nmodel.load_state_dict(torch.load('best.pt'))`,
      false,
    ],
    ['a trainer that nobody asks', `from transformers import Trainer\nTrainer(model=model).train()`, false],
    [
      'a trainer that is asked',
      `from transformers import Trainer\nTrainer(model=model).train(resume_from_checkpoint=True)`,
      true,
    ],
    ['Lightning that is asked', `import lightning as L\nL.Trainer().fit(model, ckpt_path='last')`, true],
    [
      'Keras that restores',
      `import keras\nmodel.fit(x, callbacks=[keras.callbacks.BackupAndRestore('b')])`,
      true,
    ],
  ]
  for (const [title, text, expected] of cases) {
    it(title, async () => assert.equal((await program(text)).resumes, expected))
  }
})

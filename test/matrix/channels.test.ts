/**
 * The guard of law 1: whatever channel brings a setting, its default, a good value, a bad value and one that cannot be
 * read are never taken for each other. An unknown value keeps every rule silent; a default that a launch could replace is
 * information at most.
 */
import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

type State = 'default' | 'good' | 'bad' | 'unknown'
/** The severity that is reported; '' for silence. */
type Expected = Record<State, string>

interface Row {
  channel: string
  files(state: State): Record<string, string>
  expected: Expected
}

const states: State[] = ['default', 'good', 'bad', 'unknown']

async function told(rule: string, files: Record<string, string>): Promise<string> {
  const project = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
  const { findings, errors } = await project.lint()
  assert.deepEqual(errors, [])
  return findings
    .filter((one) => one.rule === rule)
    .map((one) => one.severity)
    .sort()
    .join(' ')
}

function matrix(rule: string, rows: Row[]): void {
  describe(rule, () => {
    for (const row of rows) {
      for (const state of states) {
        const expected = row.expected[state]
        it(`${row.channel}, ${state}: ${expected === '' ? 'nothing' : expected}`, async () => {
          assert.equal(await told(rule, row.files(state)), expected)
        })
      }
    }
  })
}

// Programs.

const model = `import torch
import lightning as L
from lightning.pytorch.callbacks import ModelCheckpoint


class Net(L.LightningModule):
    def __init__(self, width: int = 4096):
        super().__init__()
        self.body = torch.nn.TransformerEncoderLayer(width, 16)

    def training_step(self, batch, index):
        return self.body(batch).mean()

    def validation_step(self, batch, index):
        self.log('val_loss', self.body(batch).mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters())


class Data(L.LightningDataModule):
    def train_dataloader(self):
        return prepared('train')

    def val_dataloader(self):
        return prepared('val')
`

/** A program around Lightning; `before` comes first, `argument` is handed to the Trainer. */
const lightning = (before: string, argument: string): string =>
  `${before}import lightning as L
from model import Data, Net

trainer = L.Trainer(accelerator='gpu', ${argument})
trainer.fit(Net(), datamodule=Data())
`

const options = (option: string, value: string): string =>
  `import argparse

parser = argparse.ArgumentParser()
parser.add_argument('--${option}', ${value})
args = parser.parse_args()
`

const hydra = (argument: string): string =>
  `import hydra
import lightning as L
from model import Data, Net


@hydra.main(version_base=None, config_path='conf', config_name='train')
def main(cfg):
    trainer = ${argument}
    trainer.fit(Net(), datamodule=Data())


if __name__ == '__main__':
    main()
`

const commandLine = `from lightning.pytorch.cli import LightningCLI
from model import Data, Net

if __name__ == '__main__':
    LightningCLI(Net, Data)
`

/** Lines of YAML below the key that holds them; none for a default. */
const under = (key: string, lines: string[], rest: string[]): string =>
  `${[`${key}:`, ...rest, ...lines].join('\n')}\n`

const huggingface = `from dataclasses import dataclass, field

from datasets import load_dataset
from torchvision import transforms
from transformers import AutoModelForImageClassification, HfArgumentParser, Trainer, TrainingArguments


@dataclass
class ModelArguments:
    name: str = field(default='google/vit-base-patch16-224')


crop = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()])


def augment(batch):
    batch['pixel_values'] = [crop(image) for image in batch['image']]
    return batch


def main():
    parser = HfArgumentParser((ModelArguments, TrainingArguments))
    if len(sys.argv) == 2 and sys.argv[1].endswith('.json'):
        model_args, training_args = parser.parse_json_file(json_file=sys.argv[1])
    else:
        model_args, training_args = parser.parse_args_into_dataclasses()
    data = load_dataset('food101')
    data.set_transform(augment)
    model = AutoModelForImageClassification.from_pretrained(model_args.name)
    trainer = Trainer(model=model, args=training_args, train_dataset=data['train'], eval_dataset=data['validation'])
    trainer.train()


if __name__ == '__main__':
    main()
`
const oldTransformers = { 'requirements.txt': 'transformers==4.46.1\n' }

const accelerated = (inside: string): string =>
  `import torch
from accelerate import Accelerator
from mylib import batches
from torchvision.models import resnet50

accelerator = Accelerator(${inside})
model, optimizer = resnet50(), None
optimizer = torch.optim.AdamW(model.parameters())
model, optimizer = accelerator.prepare(model, optimizer)
for epoch in range(3):
    for x, y in batches():
        loss = model(x, y)
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
`

const deepspeed = `import argparse
import deepspeed
import torch
from mylib import batches
from torchvision.models import resnet50

parser = deepspeed.add_config_arguments(argparse.ArgumentParser())
args = parser.parse_args()
model = resnet50()
engine, optimizer, _, _ = deepspeed.initialize(args=args, model=model, model_parameters=model.parameters())
for epoch in range(3):
    for x, y in batches():
        loss = torch.nn.functional.cross_entropy(engine(x), y)
        engine.backward(loss)
        engine.step()
`

const pick = <T>(state: State, values: Record<State, T>): T => values[state]

/** A configuration of OpenMMLab. */
const detector = (wrapper: string): string =>
  `import os
model = dict(type='FasterRCNN')
train_dataloader = dict(batch_size=2, num_workers=2)
optim_wrapper = dict(${wrapper}optimizer=dict(type='SGD', lr=0.02))
`

const wrapperOf = (state: State): string =>
  pick(state, {
    default: '',
    good: "type='AmpOptimWrapper', ",
    bad: "type='OptimWrapper', ",
    unknown: "type=os.environ['WRAPPER'], ",
  })

matrix('precision/full-precision', [
  {
    channel: 'a literal',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning(
        '',
        pick(state, {
          default: '',
          good: "precision='bf16-mixed'",
          bad: "precision='32-true'",
          unknown: 'precision=choose()',
        }),
      ),
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'an option without a launch line',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning(
        options(
          'precision',
          pick(state, {
            default: "default='32'",
            good: "default='bf16-mixed'",
            bad: "default='32-true'",
            unknown: 'default=choose()',
          }),
        ),
        'precision=args.precision',
      ),
    }),
    expected: { default: 'information', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'an option and its launch line',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning(options('precision', "default='32'"), 'precision=args.precision'),
      'run.sh': `python train.py${pick(state, { default: '', good: ' --precision bf16-mixed', bad: ' --precision 32-true', unknown: ' --precision "$FORMAT"' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'HfArgumentParser and its launch line',
    files: (state) => ({
      ...oldTransformers,
      'train.py': huggingface,
      'run.sh': `python train.py --output_dir out --dataloader_num_workers 8${pick(state, { default: '', good: ' --bf16 True', bad: ' --bf16 False --fp16 False', unknown: ' "$@"' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'HfArgumentParser and a JSON file',
    files: (state) => ({
      ...oldTransformers,
      'train.py': huggingface,
      'run.sh': 'python train.py args.json\n',
      ...(state === 'unknown'
        ? {}
        : {
            'args.json': `{"output_dir": "out", "dataloader_num_workers": 8${pick(state, { default: '', good: ', "bf16": true', bad: ', "bf16": false', unknown: '' })}}\n`,
          }),
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'HfArgumentParser that nothing launches',
    files: () => ({ ...oldTransformers, 'train.py': huggingface }),
    expected: { default: '', good: '', bad: '', unknown: '' },
  },
  {
    channel: 'Hydra, read by attribute, without a launch line',
    files: (state) => ({
      'model.py': model,
      'train.py': hydra("L.Trainer(accelerator='gpu', precision=cfg.trainer.precision)"),
      'conf/train.yaml': under(
        'trainer',
        [
          `  precision: ${pick(state, { default: '???', good: 'bf16-mixed', bad: '32-true', unknown: '${oc.env:FORMAT}' })}`,
        ],
        [],
      ),
    }),
    // The command line must give what is `???`.
    expected: { default: '', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'Hydra, instantiated, with a launch line',
    files: (state) => ({
      'model.py': model,
      'train.py': hydra('hydra.utils.instantiate(cfg.trainer)'),
      'conf/train.yaml': under(
        'trainer',
        pick(state, {
          default: [],
          good: ['  precision: bf16-mixed'],
          bad: ['  precision: 32-true'],
          unknown: ['  precision: ${oc.env:FORMAT}'],
        }),
        ['  _target_: lightning.pytorch.Trainer', '  accelerator: gpu'],
      ),
      'run.sh': 'python train.py\n',
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'Hydra, overridden on the launch line',
    files: (state) => ({
      'model.py': model,
      'train.py': hydra('hydra.utils.instantiate(cfg.trainer)'),
      'conf/train.yaml': 'defaults:\n  - trainer: full\n',
      'conf/trainer/full.yaml': '_target_: lightning.pytorch.Trainer\naccelerator: gpu\nprecision: 32-true\n',
      'conf/trainer/mixed.yaml': 'defaults:\n  - full\nprecision: bf16-mixed\n',
      'run.sh': `python train.py${pick(state, { default: '', good: ' trainer=mixed', bad: ' trainer=mixed trainer.precision=32-true', unknown: ' trainer.precision=$FORMAT' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'Lightning CLI and its YAML file',
    files: (state) => ({
      'model.py': model,
      'train.py': commandLine,
      'config.yaml': `${under('trainer', pick(state, { default: [], good: ['  precision: bf16-mixed'], bad: ['  precision: 32-true'], unknown: ['  precision: ${FORMAT}'] }), ['  accelerator: gpu', '  max_epochs: 4'])}model:\n  width: 4096\n`,
      'run.sh': 'python train.py fit --config config.yaml\n',
    }),
    expected: { default: 'information', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'Lightning CLI and its flags',
    files: (state) => ({
      'model.py': model,
      'train.py': commandLine,
      'run.sh': `python train.py fit --trainer.accelerator gpu${pick(state, { default: '', good: ' --trainer.precision bf16-mixed', bad: ' --trainer.precision 32', unknown: ' --trainer.precision $FORMAT' })}\n`,
    }),
    expected: { default: 'information', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'Lightning CLI that nothing launches',
    files: (state) => ({
      'model.py': model,
      'train.py': commandLine.replace(
        'Net, Data',
        `Net, Data, trainer_defaults=${pick(state, { default: '{}', good: "{'precision': 'bf16-mixed'}", bad: "{'precision': 32}", unknown: 'read()' })}`,
      ),
    }),
    expected: { default: 'information', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'a DeepSpeed file',
    files: (state) => ({
      'train.py': deepspeed,
      ...(state === 'unknown'
        ? {}
        : {
            'ds.json': `{"train_batch_size": 64, "zero_optimization": {"stage": 2}${pick(state, { default: '', good: ', "bf16": {"enabled": true}', bad: ', "fp16": {"enabled": false}', unknown: '' })}}\n`,
          }),
      'run.sh': 'deepspeed train.py --deepspeed_config ds.json\n',
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a DeepSpeed file by itself',
    files: (state) => ({
      'ds.json': `{"train_batch_size": ${state === 'unknown' ? '"auto"' : 64}, "zero_optimization": {"stage": 2}${pick(state, { default: '', good: ', "bf16": {"enabled": true}', bad: ', "fp16": {"enabled": false}', unknown: '' })}}\n`,
    }),
    // Without a section the Trainer or the launcher that takes the file decides.
    expected: { default: '', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'an Accelerate file',
    files: (state) => ({
      'train.py': accelerated(''),
      'acc.yaml': `compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\n${pick(state, { default: '', good: 'mixed_precision: bf16\n', bad: "mixed_precision: 'no'\n", unknown: 'mixed_precision: ${FORMAT}\n' })}num_processes: 4\n`,
      'run.sh': 'accelerate launch --config_file acc.yaml train.py\n',
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a variable of the shell',
    files: (state) => ({
      'train.py': accelerated(''),
      'run.sh': `${pick(state, { default: '', good: 'export ACCELERATE_MIXED_PRECISION=bf16\n', bad: 'export ACCELERATE_MIXED_PRECISION=no\n', unknown: 'export ACCELERATE_MIXED_PRECISION=$(choose)\n' })}python train.py\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a variable that the program sets',
    files: (state) => ({
      'train.py': `import os\n${pick(state, { default: '', good: "os.environ['ACCELERATE_MIXED_PRECISION'] = 'bf16'\n", bad: "os.environ['ACCELERATE_MIXED_PRECISION'] = 'no'\n", unknown: "os.environ['ACCELERATE_MIXED_PRECISION'] = choose()\n" })}${accelerated('')}`,
    }),
    // Without it the user's own settings of Accelerate may decide.
    expected: { default: 'information', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a variable that Lightning reads',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning('', ''),
      'run.sh': `${pick(state, { default: '', good: 'PL_TRAINER_PRECISION=bf16-mixed ', bad: 'PL_TRAINER_PRECISION=32 ', unknown: 'PL_TRAINER_PRECISION=$FORMAT ' })}python train.py\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a configuration of OpenMMLab that nothing starts',
    files: (state) => ({ 'configs/ships.py': detector(wrapperOf(state)) }),
    expected: { default: 'information', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'a file that a configuration of OpenMMLab inherits from',
    files: (state) => ({
      'train.sh': 'python tools/train.py configs/ships.py\n',
      'configs/base.py': detector(wrapperOf(state)),
      'configs/ships.py': "_base_ = './base.py'\n",
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'the launch line of OpenMMLab, over a file that says the opposite',
    files: (state) => ({
      'train.sh': `bash tools/dist_train.sh configs/ships.py 4 ${pick(state, {
        default: '',
        good: '--amp',
        bad: '--cfg-options optim_wrapper.type=OptimWrapper',
        unknown: '--cfg-options "$@"',
      })}\n`,
      'configs/ships.py': detector(state === 'bad' ? "type='AmpOptimWrapper', " : ''),
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'the launch line of detectron2, over a file that inherits',
    files: (state) => ({
      'train.sh': `python train_net.py --config-file configs/ships.yaml --num-gpus 4 ${pick(state, {
        default: '',
        good: 'SOLVER.AMP.ENABLED True',
        bad: 'SOLVER.AMP.ENABLED False',
        unknown: 'SOLVER.AMP.ENABLED $AMP',
      })}\n`,
      'configs/base.yaml': `MODEL: {META_ARCHITECTURE: GeneralizedRCNN}
SOLVER: {IMS_PER_BATCH: 16${state === 'bad' ? ', AMP: {ENABLED: true}' : ''}}
`,
      'configs/ships.yaml': '_BASE_: base.yaml\nSOLVER: {MAX_ITER: 20000}\n',
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a file with settings of Ultralytics',
    files: (state) => ({
      'train.sh': 'yolo detect train cfg=settings.yaml data=ships.yaml device=0\n',
      'settings.yaml': `epochs: 60\n${pick(state, { default: '', good: 'amp: true\n', bad: 'amp: false\n', unknown: 'amp: [true]\n' })}`,
    }),
    expected: { default: '', good: '', bad: 'warning', unknown: '' },
  },
])

const loader = (before: string, argument: string): string =>
  `import torch
import torchvision
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
${before}
def main(cfg=None):
    loader = DataLoader(ImageFolder('train'), batch_size=64${argument})
    model = torchvision.models.resnet50().cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for epoch in range(30):
        for images, labels in loader:
            with torch.autocast('cuda'):
                loss = torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda())
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()


if __name__ == '__main__':
    main()
`
const hydraMain = "import hydra\n\n\n@hydra.main(version_base=None, config_path='conf', config_name='train')"

matrix('data/no-loader-workers', [
  {
    channel: 'a literal',
    files: (state) => ({
      'train.py': loader(
        '',
        pick(state, {
          default: '',
          good: ', num_workers=8',
          bad: ', num_workers=0',
          unknown: ', num_workers=choose()',
        }),
      ),
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'an option and its launch line',
    files: (state) => ({
      'train.py': loader(options('workers', 'type=int, default=0'), ', num_workers=args.workers'),
      'run.sh': `python train.py${pick(state, { default: '', good: ' --workers 8', bad: ' --workers 0', unknown: ' --workers $N' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'an option without a launch line',
    files: (state) => ({
      'train.py': loader(
        options(
          'workers',
          pick(state, {
            default: 'type=int, default=0',
            good: 'type=int, default=8',
            bad: 'type=int, default=0',
            unknown: 'type=int, default=choose()',
          }),
        ),
        ', num_workers=args.workers',
      ),
    }),
    expected: { default: 'information', good: '', bad: 'information', unknown: '' },
  },
  {
    channel: 'HfArgumentParser and a JSON file',
    files: (state) => ({
      'train.py': huggingface,
      'run.sh': 'python train.py args.json\n',
      'args.json': `{"output_dir": "out", "bf16": true${pick(state, { default: '', good: ', "dataloader_num_workers": 8', bad: ', "dataloader_num_workers": 0', unknown: ', "dataloader_num_workers": "${N}"' })}}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'Hydra with a launch line',
    files: (state) => ({
      'train.py': loader(hydraMain, ', num_workers=cfg.data.workers').replace('cfg=None', 'cfg'),
      'conf/train.yaml': 'defaults:\n  - data: images\n',
      'conf/data/images.yaml': 'workers: 0\n',
      'run.sh': `python train.py${pick(state, { default: '', good: ' data.workers=8', bad: ' data.workers=0', unknown: ' data.workers=$N' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'Hydra, a dictionary of arguments',
    files: (state) => ({
      'train.py': loader(hydraMain, ', **cfg.loader').replace('cfg=None', 'cfg'),
      'conf/train.yaml': under(
        'loader',
        pick(state, {
          default: [],
          good: ['  num_workers: 8'],
          bad: ['  num_workers: 0'],
          unknown: ['  num_workers: ${oc.env:N}'],
        }),
        ['  pin_memory: true'],
      ),
      'run.sh': 'python train.py\n',
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a YAML file that the program loads',
    files: (state) => ({
      'train.py': loader(
        "import yaml\n\nwith open('config.yaml') as file:\n    config = yaml.safe_load(file)\n",
        ", num_workers=config['data']['workers']",
      ),
      ...(state === 'unknown'
        ? {}
        : {
            'config.yaml': `data:\n  workers: ${pick(state, { default: '0', good: '8', bad: '0', unknown: '' })}\n`,
          }),
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a variable of the job',
    files: (state) => ({
      'train.py': loader('import os\n', ", num_workers=int(os.environ.get('WORKERS', 0))"),
      'job.slurm': `#!/bin/bash\n#SBATCH --gres=gpu:1\n#SBATCH --time=04:00:00\n${pick(state, { default: '', good: 'export WORKERS=8\n', bad: 'export WORKERS=0\n', unknown: 'export WORKERS=$(nproc)\n' })}python train.py\n`,
    }),
    // A variable may still come from the shell that submits the job.
    expected: { default: 'information', good: '', bad: 'warning', unknown: '' },
  },
])

matrix('lifecycle/no-early-stopping', [
  {
    channel: 'callbacks in code',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning(
        state === 'good'
          ? 'from lightning.pytorch.callbacks import EarlyStopping\n'
          : 'from lightning.pytorch.callbacks import ModelCheckpoint\n',
        pick(state, {
          default: 'max_epochs=60',
          good: "max_epochs=60, callbacks=[EarlyStopping('val_loss')]",
          bad: 'max_epochs=60, callbacks=[ModelCheckpoint()]',
          unknown: 'max_epochs=60, callbacks=make()',
        }),
      ),
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'callbacks in the YAML file of Lightning CLI',
    files: (state) => ({
      'model.py': model,
      'train.py': commandLine,
      'config.yaml': `${under(
        'trainer',
        pick(state, {
          default: [],
          good: [
            '  callbacks:',
            '    - class_path: lightning.pytorch.callbacks.EarlyStopping',
            '      init_args: {monitor: val_loss}',
          ],
          bad: ['  callbacks:', '    - class_path: lightning.pytorch.callbacks.ModelCheckpoint'],
          unknown: ['  callbacks:', '    - class_path: ours.Callback'],
        }),
        ['  accelerator: gpu', '  max_epochs: 60'],
      )}model:\n  width: 4096\n`,
      'run.sh': 'python train.py fit --config config.yaml\n',
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'a recipe',
    files: (state) => ({
      'recipe.yml': `base_model: NousResearch/Llama-3.2-1B\ndatasets:\n  - path: ours\n    type: alpaca\nval_set_size: ${state === 'unknown' ? '{{ share }}' : '0.1'}\nsequence_len: 2048\nmicro_batch_size: 1\nnum_epochs: 40\nlr_scheduler: constant\n${pick(state, { default: '', good: 'early_stopping_patience: 3\n', bad: 'early_stopping_patience:\n', unknown: '' })}`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
])

/** Few epochs need no end; a number that nobody knows gives no advice. */
const epochRows: Row[] = [
  {
    channel: 'epochs as a literal',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning(
        '',
        pick(state, {
          default: 'max_epochs=60',
          good: 'max_epochs=4',
          bad: 'max_epochs=100',
          unknown: 'max_epochs=choose()',
        }),
      ),
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'epochs as an option with its launch line',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning(options('epochs', 'type=int, default=60'), 'max_epochs=args.epochs'),
      'run.sh': `python train.py${pick(state, { default: '', good: ' --epochs 4', bad: ' --epochs 100', unknown: ' --epochs $N' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'epochs of Hydra',
    files: (state) => ({
      'model.py': model,
      'train.py': hydra('hydra.utils.instantiate(cfg.trainer)'),
      'conf/train.yaml': `trainer:\n  _target_: lightning.pytorch.Trainer\n  max_epochs: ${'$'}{epochs}\nepochs: 60\n`,
      'run.sh': `python train.py${pick(state, { default: '', good: ' epochs=4', bad: ' trainer.max_epochs=100', unknown: ' epochs=$N' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'epochs of a multirun',
    files: (state) => ({
      'model.py': model,
      'train.py': hydra('L.Trainer(max_epochs=cfg.epochs)'),
      'conf/train.yaml': 'epochs: 60\n',
      'run.sh': `python train.py -m${pick(state, { default: ' seed=1,2', good: ' epochs=4', bad: ' epochs=100 seed=1,2', unknown: ' epochs=4,100' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'epochs of Lightning CLI',
    files: (state) => ({
      'model.py': model,
      'train.py': commandLine,
      'config.yaml': 'trainer:\n  accelerator: gpu\n  max_epochs: 60\nmodel:\n  width: 4096\n',
      'run.sh': `python train.py fit --config config.yaml${pick(state, { default: '', good: ' --trainer.max_epochs 4', bad: ' --trainer.max_epochs 100', unknown: ' --trainer.max_epochs $N' })}\n`,
    }),
    expected: { default: 'warning', good: '', bad: 'warning', unknown: '' },
  },
  {
    channel: 'epochs in a variable of the job',
    files: (state) => ({
      'model.py': model,
      'train.py': lightning('import os\n\n', "max_epochs=int(os.environ['EPOCHS'])"),
      'run.sh': `${pick(state, { default: '', good: 'EPOCHS=4 ', bad: 'EPOCHS=100 ', unknown: 'EPOCHS=$N ' })}python train.py\n`,
    }),
    expected: { default: '', good: '', bad: 'warning', unknown: '' },
  },
]
matrix('lifecycle/no-early-stopping', epochRows)

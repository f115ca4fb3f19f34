/** Files that name each other: `size` levels of `size` files, each of which names all files of the next level. */

export interface ProjectShape {
  /** Sizes of the shorter and the longer project. */
  sizes: [number, number]
  files: (size: number) => Record<string, string>
  /** Where each file takes part in what all files above it say. */
  mostGrowth?: number
}

const upTo = (size: number) => Array.from({ length: size }, (_, index) => index)

function levels(
  size: number,
  path: (level: number, index: number) => string,
  text: (level: number, index: number, next: string) => string,
  naming: (level: number, index: number) => string,
): Record<string, string> {
  const files: Record<string, string> = {}
  for (const level of upTo(size))
    for (const index of upTo(size)) {
      const next =
        level === size - 1
          ? ''
          : upTo(size)
              .map((one) => naming(level + 1, one))
              .join('')
      files[path(level, index)] = text(level, index, next)
    }
  return files
}

/** The same in one text, what is named before what names it. */
function inLevels(
  size: number,
  text: (level: number, index: number, next: string) => string,
  naming: (level: number, index: number) => string,
): string {
  const files = levels(size, (level, index) => `${level} ${index}`, text, naming)
  return Object.values(files).reverse().join('')
}

const hydraMain = `import hydra
import torch
@hydra.main(config_path="conf", config_name="l0f0")
def main(cfg):
    torch.utils.data.DataLoader(data, batch_size=cfg.batch)
if __name__ == "__main__":
    main()
`

export const layered: Record<string, ProjectShape> = {
  'defaults lists of Hydra': {
    sizes: [5, 8],
    files: (size) => ({
      'train.py': hydraMain,
      ...levels(
        size,
        (level, index) => `conf/l${level}f${index}.yaml`,
        (_, index, next) => `${next === '' ? '' : `defaults:\n${next}`}x${index}: 1\n`,
        (level, index) => `  - l${level}f${index}\n`,
      ),
    }),
  },
  'configuration files that lie under each other': {
    sizes: [5, 8],
    files: (size) => ({
      'train.py':
        'import torch\nimport yaml\ncfg = yaml.safe_load(open("l0f0.yaml"))\ntorch.utils.data.DataLoader(data, batch_size=cfg["batch"])\n',
      ...levels(
        size,
        (level, index) => `l${level}f${index}.yaml`,
        (_, index, next) => `_base_: [${next}l0f0.yaml]\nx${index}: 1\nbatch: 1\n`,
        (level, index) => `l${level}f${index}.yaml, `,
      ),
    }),
  },
  'modules that call each other': {
    sizes: [4, 7],
    files: (size) =>
      Object.fromEntries(
        upTo(size).map((index) => [
          `m${index}.py`,
          `import torch\n${upTo(size)
            .map((one) => `from m${one} import *\nfrom m${one} import f${one}\n`)
            .join('')}def f${index}(a):\n${upTo(size)
            .map((one) => `    f${one}(a)\n`)
            .join('')}    return torch.ones(3).cuda()\n`,
        ]),
      ),
  },
  'functions that pass on what they are given': {
    sizes: [4, 7],
    files: (size) => ({
      'train.py': `import torch\nclass Net(torch.nn.Module):\n    def fit(self, cfg):\n        return cfg\n${inLevels(
        size,
        (level, index, next) =>
          `def l${level}f${index}(cfg, model, workers):\n    model(cfg)\n    model.fit(cfg)\n${next}    return torch.utils.data.DataLoader(cfg['data'], num_workers=workers)\n`,
        (level, index) => `    l${level}f${index}(cfg, model, workers)\n`,
      )}${upTo(size)
        .map((index) => `l0f${index}({'data': 1}, Net().cuda(), ${index})\n`)
        .join('')}`,
    }),
  },
  'functions that call the next one many times': {
    sizes: [20, 40],
    mostGrowth: 2,
    files: (size) => ({
      'train.py': `import torch\nfrom data import load\n${Array.from(
        { length: 7 },
        (_, level) =>
          `def f${level}(workers):\n${level === 0 ? '    load(workers)\n' : `    f${level - 1}(workers)\n`.repeat(size)}`,
      ).join('')}f6(3)\n`,
      'data.py':
        'from torch.utils.data import DataLoader\ndef load(workers):\n    return DataLoader(data, num_workers=workers)\n',
    }),
  },
  'functions that call the next one many times, and load the model of another module': {
    sizes: [20, 40],
    mostGrowth: 2,
    files: (size) => ({
      'train.py':
        "from transformers import Trainer, TrainingArguments\nfrom models import f4\nmodel = f4('a')\nTrainer(model=model, args=TrainingArguments('out'), train_dataset=data).train()\n",
      'models.py': `from transformers import AutoModelForCausalLM\n${Array.from(
        { length: 5 },
        (_, level) =>
          `def f${level}(name):\n${level === 0 ? '    return AutoModelForCausalLM.from_pretrained(name)\n' : `    f${level - 1}(name)\n`.repeat(size)}`,
      ).join('')}`,
    }),
  },
  'classes that are derived from each other': {
    sizes: [4, 6],
    mostGrowth: 2.5,
    files: (size) => ({
      'train.py': `import torch\n${inLevels(
        size,
        (level, index, next) =>
          `class L${level}C${index}(${next}torch.nn.Module):\n    def __init__(self, cfg):\n        self.cfg = cfg\n    def f${level}${index}(self):\n        self.fit()\n        return torch.utils.data.DataLoader(self.cfg.data)\n`,
        (level, index) => `L${level}C${index}, `,
      )}L0C0(cfg).cuda().fit()\n`,
    }),
  },
  'shell scripts that call each other': {
    sizes: [5, 8],
    files: (size) =>
      levels(
        size,
        (level, index) => `l${level}f${index}.sh`,
        (_level, _index, next) => `${next}python train.py --lr $1\n`,
        (level, index) => `bash l${level}f${index}.sh $1${index}\n`,
      ),
  },
  'modules of Terraform': {
    sizes: [4, 6],
    mostGrowth: 2.5,
    files: (size) =>
      levels(
        size,
        (level, index) => `l${level}m${index}/main.tf`,
        (_level, _index, next) =>
          `${next}variable "t" {}\nresource "aws_instance" "a" {\n  instance_type = var.t\n}\n`,
        (level, index) => `module "m${index}" {\n  source = "../l${level}m${index}"\n  t = var.t\n}\n`,
      ),
  },
  kustomizations: {
    sizes: [4, 6],
    files: (size) => ({
      ...levels(
        size,
        (level, index) => `l${level}k${index}/kustomization.yaml`,
        (_level, _index, next) => `resources:\n${next === '' ? '  - ../job.yaml\n' : next}`,
        (level, index) => `  - ../l${level}k${index}\n`,
      ),
      'job.yaml':
        'apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n        - {name: a, image: a, command: [python, train.py], resources: {limits: {nvidia.com/gpu: 4}}}\n',
    }),
  },
  'configurations of OpenMMLab': {
    sizes: [4, 6],
    mostGrowth: 2.5,
    files: (size) => ({
      'run.sh': 'python tools/train.py configs/l0f0.py\n',
      'tools/train.py': 'from mmengine.config import Config\nfrom mmengine.runner import Runner\n',
      ...levels(
        size,
        (level, index) => `configs/l${level}f${index}.py`,
        (_, index, next) =>
          `_base_ = [${next}]\nmodel${index} = dict(type='A')\ntrain_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12)\n`,
        (level, index) => `'./l${level}f${index}.py', `,
      ),
    }),
  },
}

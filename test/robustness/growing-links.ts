/** Projects with more and more files that are linked in one way: a shape or more for each kind of link in docs/architecture.md. */
import type { ProjectShape } from './growing-projects.js'

const sizes: [number, number] = [20, 40]

type Files = Record<string, string>

const shape = (files: (size: number) => Files, rest: Partial<ProjectShape> = {}): ProjectShape => ({
  sizes,
  files,
  ...rest,
})

const each = (size: number, made: (index: number) => Files): Files =>
  Object.assign({}, ...Array.from({ length: size }, (_, index) => made(index)))

const lines = (size: number, line: (index: number) => string): string =>
  Array.from({ length: size }, (_, index) => line(index)).join('')

const training = `import torch
from torch.utils.data import DataLoader
model = torch.nn.Linear(2, 2).cuda()
opt = torch.optim.Adam(model.parameters())
for epoch in range(90):
    for x, y in DataLoader(data, batch_size=8):
        loss = model(x.cuda()).sum()
        loss.backward()
        opt.step()
`
const options = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument('--workers', type=int, default=0)
parser.add_argument('--config')
args = parser.parse_args()
${training.replace('batch_size=8', 'batch_size=8, num_workers=args.workers')}`

const slurm = (command: string) =>
  `#!/bin/bash\n#SBATCH --gres=gpu:a100:4\n#SBATCH --time=10:00:00\n${command}\n`

const pod = (name: string, more: string, command = '[python, train.py]') =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: ${name}}\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n${more}      containers:\n        - name: a\n          image: registry/${name}:1\n          command: ${command}\n          resources: {limits: {nvidia.com/gpu: 4}}\n`

export const links: Record<string, ProjectShape> = {
  'import: a chain of modules': shape(
    (size) => ({
      'train.py': `from m0 import f0\n${options}f0(args.workers)\n`,
      ...each(size, (i) => ({
        [`m${i}.py`]: `from m${i + 1} import f${i + 1}\ndef f${i}(n):\n    return f${i + 1}(n)\n`,
      })),
    }),
    { sizes: [40, 80] },
  ),
  'import: one that imports many': shape((size) => ({
    'train.py': `${lines(size, (i) => `from m${i} import f${i}, size${i}\n`)}${training}${lines(size, (i) => `f${i}(size${i})\n`)}`,
    ...each(size, (i) => ({
      [`m${i}.py`]: `import torch\nsize${i} = 8\ndef f${i}(n):\n    return torch.utils.data.DataLoader(data, batch_size=n)\n`,
    })),
  })),
  'import: a chain of base classes': shape(
    (size) => ({
      'train.py': `from m0 import A0\n${training}A0()\n`,
      ...each(size, (i) => ({
        [`m${i}.py`]: `from m${i + 1} import A${i + 1}\nclass A${i}(A${i + 1}):\n    def __init__(self, size=8):\n        super().__init__(size)\n        self.size = size\n`,
      })),
    }),
    { sizes: [40, 80] },
  ),
  'import: a package that passes names on': shape((size) => ({
    'pkg/__init__.py': lines(size, (i) => `from .m${i} import *\n`),
    'train.py': `from pkg import *\n${training}${lines(size, (i) => `f${i}()\n`)}`,
    ...each(size, (i) => ({ [`pkg/m${i}.py`]: `__all__ = ['f${i}']\ndef f${i}():\n    return ${i}\n` })),
  })),
  'call: one that many import': shape((size) => ({
    'common.py': `from torch.utils.data import DataLoader\ndef load(size, workers=0):\n    return DataLoader(data, batch_size=size, num_workers=workers)\n`,
    ...each(size, (i) => ({ [`t${i}.py`]: `from common import load\n${training}load(${i})\n` })),
  })),
  'program: many jobs of one script': shape((size) => ({
    'train.py': options,
    ...each(size, (i) => ({ [`j${i}.slurm`]: slurm(`srun python train.py --workers ${i}`) })),
  })),
  'program: many scripts of one job': shape((size) => ({
    'job.slurm': slurm(lines(size, (i) => `python t${i}.py --workers ${i}\n`)),
    ...each(size, (i) => ({ [`t${i}.py`]: options })),
  })),
  'program: many jobs of many scripts': shape((size) => ({
    ...each(size, (i) => ({
      [`a${i}/train.py`]: options,
      [`a${i}/job.slurm`]: slurm('python train.py --workers 1'),
    })),
  })),
  'script: a chain of shell scripts': shape((size) => ({
    'train.py': options,
    'job.slurm': slurm('bash s0.sh 4'),
    ...each(size, (i) => ({
      [`s${i}.sh`]: i === size - 1 ? 'python train.py --workers $1\n' : `bash s${i + 1}.sh $1\n`,
    })),
  })),
  'script: one that many jobs call': shape((size) => ({
    'train.py': options,
    'run.sh': 'python train.py --workers $1\n',
    ...each(size, (i) => ({ [`j${i}.slurm`]: slurm(`bash run.sh ${i}`) })),
  })),
  'sourced: a chain of scripts that read each other in': shape((size) => ({
    'train.py': options,
    'job.slurm': slurm('source s0.sh\npython train.py --workers $N'),
    ...each(size, (i) => ({ [`s${i}.sh`]: i === size - 1 ? 'N=1\n' : `source s${i + 1}.sh\n` })),
  })),
  'sourced: a job that reads in many': shape((size) => ({
    'train.py': options,
    'job.slurm': slurm(`${lines(size, (i) => `. ./s${i}.sh\n`)}python train.py --workers $N`),
    ...each(size, (i) => ({ [`s${i}.sh`]: `N=${i}\nuse${i}() {\n    N=$1\n}\n` })),
  })),
  'sourced: one that many jobs read in': shape((size) => ({
    'train.py': options,
    'env.sh': 'export N=1\n',
    ...each(size, (i) => ({
      [`j${i}.slurm`]: slurm(`source env.sh\npython train.py --workers $N --config ${i}`),
    })),
  })),
  'start script: machines of a module': shape((size) => ({
    'train.py': options,
    'main.tf': lines(
      size,
      (i) =>
        `resource "aws_instance" "m${i}" {\n  instance_type = "p4d.24xlarge"\n  user_data = file("\${path.module}/s${i}.sh")\n}\n`,
    ),
    ...each(size, (i) => ({ [`s${i}.sh`]: `#!/bin/bash\npython train.py --workers ${i}\n` })),
  })),
  'command: many that the project installs': shape((size) => ({
    'pyproject.toml': `[project.scripts]\n${lines(size, (i) => `c${i} = "m${i}:main"\n`)}`,
    'job.slurm': slurm(lines(size, (i) => `c${i} --workers 1\n`)),
    ...each(size, (i) => ({ [`m${i}.py`]: `def main():\n    return ${i}\n` })),
  })),
  'inner program: jobs that are fed Python': shape((size) =>
    each(size, (i) => ({ [`j${i}.slurm`]: slurm(`python - <<EOF\n${training}x = ${i}\nEOF`) })),
  ),
  'step: flows of Metaflow': shape((size) =>
    each(size, (i) => ({
      [`flow${i}.py`]: `from metaflow import FlowSpec, resources, step\n${training
        .split('\n')
        .slice(0, 2)
        .join(
          '\n',
        )}\nclass F${i}(FlowSpec):\n    @step\n    def start(self):\n        self.next(self.end)\n    @resources(gpu=4)\n    @step\n    def end(self):\n        pass\nF${i}()\n`,
    })),
  ),
  'image: many jobs and their images': shape((size) =>
    each(size, (i) => ({
      [`a${i}/Dockerfile`]: `FROM pytorch/pytorch AS base\nCOPY . .\nCMD ["python", "train.py"]\n`,
      [`a${i}/train.py`]: training,
      [`a${i}/job.yaml`]: pod(`a${i}`, ''),
    })),
  ),
  'image: one that many jobs run': shape((size) => ({
    'train/Dockerfile': 'FROM pytorch/pytorch\nCOPY train.py .\nENTRYPOINT ["python", "train.py"]\n',
    'train/train.py': options,
    ...each(size, (i) => ({
      [`j${i}.yaml`]: pod(`j${i}`, '')
        .replace(`registry/j${i}:1`, 'registry/train:1')
        .replace('command: [python, train.py]', `args: [--workers, "${i}"]`),
    })),
  })),
  'server: many of them': shape((size) =>
    each(size, (i) => ({
      [`serve${i}.sh`]: `uvicorn app${i}:app --port 80\n`,
      [`app${i}.py`]:
        "from fastapi import FastAPI\nimport torch\napp = FastAPI()\nmodel = torch.load('a').cuda()\n",
    })),
  ),
  'trial: searches of Katib': shape((size) => ({
    'train.py': options,
    ...each(size, (i) => ({
      [`e${i}.yaml`]: `apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nmetadata: {name: e${i}}\nspec:\n  algorithm: {algorithmName: grid}\n  maxTrialCount: 60\n  parameters:\n    - {name: lr, parameterType: double, feasibleSpace: {min: "0.1", max: "1", step: "0.1"}}\n  trialTemplate:\n    trialSpec:\n      apiVersion: batch/v1\n      kind: Job\n      spec:\n        template:\n          spec:\n            containers:\n              - name: a\n                command: [python, train.py]\n`,
    })),
  })),
  'workflow: many that call one': shape((size) => ({
    'train.py': options,
    '.github/workflows/one.yml':
      'on: workflow_call\njobs:\n  a:\n    runs-on: [self-hosted, gpu]\n    steps:\n      - run: python train.py\n',
    ...each(size, (i) => ({
      [`.github/workflows/w${i}.yml`]: `on: push\njobs:\n  a:\n    uses: ./.github/workflows/one.yml\n  b:\n    runs-on: gpu\n    steps:\n      - run: make t${i}\n`,
    })),
    Makefile: lines(size, (i) => `t${i}:\n\tpython train.py --workers ${i}\n`),
  })),
  'compiled: pipelines and their code': shape((size) =>
    each(size, (i) => ({
      [`p${i}.py`]: `from kfp import dsl, compiler\n@dsl.component\ndef fit(a: int) -> int:\n    return a\n@dsl.pipeline(name='p${i}')\ndef p${i}():\n    fit(a=1).set_caching_options(False)\ncompiler.Compiler().compile(p${i}, 'p${i}.yaml')\n`,
      [`p${i}.yaml`]: `pipelineInfo: {name: p${i}}\nroot:\n  dag:\n    tasks:\n      fit:\n        cachingOptions: {}\n        componentRef: {name: comp-fit}\ncomponents:\n  comp-fit: {executorLabel: exec-fit}\ndeploymentSpec:\n  executors:\n    exec-fit:\n      container: {image: python, command: [python, a.py]}\nschemaVersion: 2.1.0\nsdkVersion: kfp-2.7.0\n`,
    })),
  ),
  'component: many of one pipeline': shape((size) => ({
    'p.py': `from kfp import components, dsl\n${lines(size, (i) => `op${i} = components.load_component_from_file('c${i}.yaml')\n`)}@dsl.pipeline\ndef p():\n${lines(size, (i) => `    op${i}()\n`)}`,
    ...each(size, (i) => ({
      [`c${i}.yaml`]: `name: c${i}\nimplementation:\n  container:\n    image: python\n    command: [python, t${i}.py]\n`,
      [`t${i}.py`]: training,
    })),
  })),
  'configuration: many in one folder': shape((size) => ({
    'train.py': `import hydra\n${training}@hydra.main(config_path='conf', config_name='c0')\ndef main(cfg):\n    DataLoader(data, batch_size=cfg.size)\nmain()\n`,
    ...each(size, (i) => ({ [`conf/c${i}.yaml`]: `size: ${i}\n`, [`conf/opt/o${i}.yaml`]: `lr: ${i}\n` })),
  })),
  'configuration: many jobs, each with its own': shape((size) => ({
    'train.py': `import yaml\n${options}cfg = yaml.safe_load(open(args.config))\nDataLoader(data, batch_size=cfg['size'])\n`,
    ...each(size, (i) => ({
      [`conf/c${i}.yaml`]: `size: ${i}\n`,
      [`j${i}.slurm`]: slurm(`python train.py --config conf/c${i}.yaml`),
    })),
  })),
  'framework config: many that inherit from one': shape((size) => ({
    'run.sh': lines(size, (i) => `python tools/train.py configs/c${i}.py\n`),
    'tools/train.py': 'from mmengine.config import Config\nfrom mmengine.runner import Runner\n',
    'configs/base.py': "train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=12)\n",
    ...each(size, (i) => ({
      [`configs/c${i}.py`]: `_base_ = './base.py'\nmodel = dict(type='A${i}')\n`,
    })),
  })),
  'named file: searches of NNI': shape((size) =>
    each(size, (i) => ({
      [`e${i}/config.yml`]: `searchSpaceFile: space.json\ntrialCommand: python3 train.py\ntrialConcurrency: 2\ntuner:\n  name: GridSearch\ntrainingService: {platform: local}\n`,
      [`e${i}/space.json`]: '{"lr": {"_type": "choice", "_value": [0.1, 0.01, 0.001]}}',
      [`e${i}/train.py`]: training,
    })),
  ),
  'layout: many of one manifest': shape((size) => ({
    'base/kustomization.yaml': 'resources: [job.yaml]\n',
    'base/job.yaml': pod('a', ''),
    ...each(size, (i) => ({
      [`o${i}/kustomization.yaml`]: `resources: [../base]\nnamespace: n${i}\npatches: [{path: gpu.yaml}]\n`,
      [`o${i}/gpu.yaml`]: `apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  activeDeadlineSeconds: ${i}\n`,
    })),
  })),
  // Each template is read with all values.
  'layout: a chart': shape(
    (size) => ({
      'chart/Chart.yaml': 'name: a\nversion: 1.0.0\n',
      'chart/values.yaml': lines(size, (i) => `a${i}:\n  gpus: ${i}\n`),
      ...each(size, (i) => ({
        [`chart/templates/t${i}.yaml`]: pod(`t${i}`, '').replace('gpu: 4', `gpu: {{ .Values.a${i}.gpus }}`),
      })),
    }),
    { mostGrowth: 2.5 },
  ),
  // Each file is read with all others.
  'module: files of one folder': shape(
    (size) => ({
      'variables.tf': lines(size, (i) => `variable "t${i}" {\n  default = "p4d.24xlarge"\n}\n`),
      ...each(size, (i) => ({
        [`m${i}.tf`]: `resource "aws_instance" "a${i}" {\n  instance_type = var.t${i}\n}\n`,
      })),
    }),
    { mostGrowth: 2.5 },
  ),
  'module: many callers of one': shape((size) => ({
    'gpu/main.tf': 'variable "t" {}\nresource "aws_instance" "a" {\n  instance_type = var.t\n}\n',
    ...each(size, (i) => ({
      [`c${i}/main.tf`]: `module "gpu" {\n  source = "../gpu"\n  t = "p4d.24xlarge"\n}\n`,
    })),
  })),
  'bundle: many files': shape((size) => ({
    'databricks.yml': `bundle: {name: a}\ninclude: ["resources/*.yml"]\nvariables:\n${lines(size, (i) => `  t${i}: {default: g5.12xlarge}\n`)}`,
    ...each(size, (i) => ({
      [`resources/r${i}.yml`]: `resources:\n  jobs:\n    j${i}:\n      name: j${i}\n      tasks:\n        - task_key: a\n          new_cluster: {node_type_id: "\${var.t${i}}", num_workers: 4}\n          spark_python_task: {python_file: ../t${i}.py}\n`,
      [`t${i}.py`]: training,
    })),
  })),
  'scaler: many of them': shape((size) =>
    each(size, (i) => ({
      [`d${i}.yaml`]: `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d${i}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: a\n          image: a\n          resources: {limits: {nvidia.com/gpu: 1}}\n`,
      [`s${i}.yaml`]: `apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: d${i}}\nspec:\n  scaleTargetRef: {name: d${i}}\n  cooldownPeriod: 10800\n  triggers: [{type: cron}]\n`,
    })),
  ),
  'start: many jobs that one script submits': shape((size) => ({
    'train.py': options,
    'submit.sh': lines(size, (i) => `sbatch --time=2:00:00 j${i}.slurm\nkubectl apply -f k${i}.yaml\n`),
    ...each(size, (i) => ({
      [`j${i}.slurm`]: slurm(`python train.py --workers ${i}`),
      [`k${i}.yaml`]: pod(`k${i}`, ''),
    })),
  })),
  'pool: many jobs and pools': shape((size) => ({
    'train.py': training,
    'pools.tf': lines(
      size,
      (i) =>
        `resource "google_container_node_pool" "p${i}" {\n  name = "p${i}"\n  node_config {\n    machine_type = "a2-highgpu-4g"\n    labels = { pool = "p${i}" }\n  }\n}\n`,
    ),
    ...each(size, (i) => ({ [`j${i}.yaml`]: pod(`j${i}`, `      nodeSelector: {pool: p${i}}\n`) })),
  })),
  'resizing: many pools, and commands that resize them': shape((size) =>
    each(size, (i) => ({
      [`a${i}/pools.tf`]: `resource "aws_eks_node_group" "p${i}" {\n  cluster_name = "c"\n  instance_types = ["p3.2xlarge"]\n  scaling_config {\n    desired_size = 2\n    min_size = 1\n    max_size = 4\n  }\n}\n`,
      [`a${i}/up.sh`]: `aws eks update-nodegroup-config --cluster-name c --nodegroup-name p${i} --scaling-config minSize=1\n`,
    })),
  ),
  'sweeper: many lines that sweep one program': shape((size) => ({
    'train.py': `import hydra\nfrom omegaconf import DictConfig\n\n\n@hydra.main(config_path="conf", config_name="config", version_base=None)\ndef main(cfg: DictConfig):\n    fit(cfg.lr)\n\n\n${training}main()\n`,
    'conf/config.yaml': 'defaults:\n  - override hydra/sweeper: optuna\nlr: 0.1\n',
    ...each(size, (i) => ({ [`sweep${i}.sh`]: `python train.py -m lr=0.1,0.2,0.${i + 3}\n` })),
  })),
  'loader: trainings and loaders in modules of their own': shape((size) =>
    each(size, (i) => ({
      [`loop${i}.py`]:
        'import torch\nfrom torchvision.models import resnet18\n\n\ndef fit(loader):\n    model = resnet18().cuda()\n    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n    for epoch in range(90):\n        for x, y in loader:\n            loss = model(x.cuda()).sum()\n            loss.backward()\n            optimizer.step()\n',
      [`data${i}.py`]:
        'from torch.utils.data import DataLoader\nfrom sets import pictures\n\n\ndef train_loader():\n    return DataLoader(pictures, batch_size=32, shuffle=True)\n',
      [`main${i}.py`]: `from data${i} import train_loader\nfrom loop${i} import fit\n\nfit(train_loader())\n`,
    })),
  ),
  'loader: many programs around one training': shape((size) => ({
    'loop.py':
      'import torch\nfrom torchvision.models import resnet18\n\n\ndef fit(loader):\n    model = resnet18().cuda()\n    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n    for epoch in range(90):\n        for x, y in loader:\n            loss = model(x.cuda()).sum()\n            loss.backward()\n            optimizer.step()\n',
    ...each(size, (i) => ({
      [`main${i}.py`]:
        'from torch.utils.data import DataLoader\nfrom loop import fit\nfrom sets import pictures\n\nfit(DataLoader(pictures, batch_size=32, shuffle=True))\n',
    })),
  })),
  'surroundings: programs that share modules': shape((size) => ({
    ...each(size, (i) => ({
      [`data${i}.py`]: `from torch.utils.data import DataLoader\nfrom data${i + 1} import names\nfrom sets import pictures\n\n\ndef make${i}():\n    return DataLoader(pictures, batch_size=32, shuffle=True, num_workers=4)\n`,
      [`main${i}.py`]: `${training}${lines(4, (n) => `from data${(i + n) % size} import make${(i + n) % size}\nmake${(i + n) % size}()\n`)}`,
    })),
  })),
  'surroundings: a program with many loaders and many modules': shape((size) => ({
    'main.py': `${lines(size, (i) => `from data${i} import make${i}\nmake${i}()\n`)}${training}${lines(size, (i) => `loader${i} = DataLoader(data, batch_size=${i + 1})\n`)}`,
    ...each(size, (i) => ({
      [`data${i}.py`]: `import torch\n\n\ndef make${i}():\n    return torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64))\n`,
    })),
  })),
  'agent: many sweeps': shape((size) => ({
    'train.py': options,
    ...each(size, (i) => ({
      [`s${i}/sweep.yaml`]: `program: train.py\nmethod: grid\nparameters:\n  lr: {values: [1, 2, 3]}\n`,
      [`s${i}/run.slurm`]: slurm('wandb agent me/project/abc'),
    })),
  })),
  'starter: many searches and what starts them': shape((size) =>
    each(size, (i) => ({
      [`s${i}/sweep.yaml`]: `program: train.py\nmethod: random\nparameters:\n  lr: {min: 0.1, max: 1}\n`,
      [`s${i}/go.sh`]: 'wandb sweep sweep.yaml\nwandb agent --count 30 me/project/abc\n',
      [`s${i}/train.py`]: options,
    })),
  ),
  'ending: many endpoints and what deletes them': shape((size) =>
    each(size, (i) => ({
      [`e${i}/deploy.py`]:
        "from sagemaker.huggingface import HuggingFaceModel\nmodel = HuggingFaceModel(role='r', transformers_version='4.37', pytorch_version='2.1', py_version='py310')\nmodel.deploy(initial_instance_count=1, instance_type='ml.g5.xlarge')\n",
      [`e${i}/end.py`]: "import boto3\nboto3.client('sagemaker').delete_endpoint(EndpointName='e')\n",
    })),
  ),
  'cluster: many of them, and what is sent to each': shape((size) => ({
    'train.py': training,
    ...each(size, (i) => ({
      [`c${i}.yaml`]: `cluster_name: c${i}\nmax_workers: 2\nprovider: {type: aws, region: us-east-1}\navailable_node_types:\n  head:\n    node_config: {InstanceType: g5.12xlarge}\n    resources: {CPU: 48, GPU: 4}\nhead_node_type: head\n`,
      [`go${i}.sh`]: `ray up -y c${i}.yaml\nray submit c${i}.yaml train.py\n`,
    })),
  })),
  'queue: many of them': shape((size) => ({
    'train.py': training,
    ...each(size, (i) => ({
      [`q${i}.yaml`]: `apiVersion: kueue.x-k8s.io/v1beta1\nkind: LocalQueue\nmetadata: {name: q${i}}\nspec: {clusterQueue: c${i}}\n---\napiVersion: kueue.x-k8s.io/v1beta1\nkind: ClusterQueue\nmetadata: {name: c${i}}\nspec:\n  resourceGroups:\n    - coveredResources: [nvidia.com/gpu]\n      flavors:\n        - name: f${i}\n          resources: [{name: nvidia.com/gpu, nominalQuota: 8}]\n---\napiVersion: kueue.x-k8s.io/v1beta1\nkind: ResourceFlavor\nmetadata: {name: f${i}}\nspec:\n  nodeLabels: {cloud.google.com/gke-accelerator: nvidia-tesla-a100}\n`,
      [`j${i}.yaml`]: pod(`j${i}`, '').replace(
        `{name: j${i}}`,
        `{name: j${i}, labels: {kueue.x-k8s.io/queue-name: q${i}}}`,
      ),
    })),
  })),
  'copies: one script in many folders': shape((size) =>
    each(size, (i) => ({ [`a${i}/train.py`]: options, [`a${i}/data.py`]: 'size = 8\n' })),
  ),
  'versions: requirements in many folders': shape((size) =>
    each(size, (i) => ({ [`a${i}/requirements.txt`]: 'torch==2.1\n', [`a${i}/train.py`]: training })),
  ),
  'bill: runs that the settings describe': shape((size) => ({
    'costlint.toml': lines(size, (i) => `[[runs]]\npath = "a${i}/train.py"\nhours = 3\n`),
    ...each(size, (i) => ({ [`a${i}/train.py`]: training, [`a${i}/job.slurm`]: slurm('python train.py') })),
  })),
  'files: many folders in folders': shape((size) =>
    each(size, (i) => ({ [`${'d/'.repeat(i)}m.py`]: `import torch\nx = torch.ones(${i}).cuda()\n` })),
  ),
}

/** What `costlint graph` shows: which file each launch of a project starts. */
import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

/** 'place launcher script', a line for each job. */
async function graphOf(files: Record<string, string>): Promise<string[]> {
  const { jobs } = await (await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))).graph()
  return jobs.map(
    ({ path, line, launcher, script, unresolved }) =>
      `${path}:${line} ${launcher} ${script ?? `none: ${unresolved}`}`,
  )
}

const app = 'from fastapi import FastAPI\n\napp = FastAPI()\n'

describe('links of a project', () => {
  it('let a workflow know when the script that it calls begins to train', async () => {
    const train = (epochs: number) =>
      `import torch\nfrom data import loader\nfrom model import build\n\nmodel = build()\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)\nfor epoch in range(${epochs}):\n    for batch, labels in loader():\n        loss = torch.nn.functional.cross_entropy(model(batch), labels)\n        loss.backward()\n        optimizer.step()\n`
    const files = new Map([
      [
        '.github/workflows/ci.yml',
        'on: [push]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: bash all.sh\n',
      ],
      ['all.sh', 'python prepare.py\n'],
      ['prepare.py', 'print(1)\n'],
      ['train.py', train(90)],
    ])
    const opened = await openProject(memoryRoot, memoryHost(files))
    const found = async () =>
      (await opened.lint()).findings
        .filter(({ rule }) => rule === 'pipeline/trains-on-every-push')
        .map(({ location }) => location.path)
    assert.deepEqual(await found(), [])
    files.set('all.sh', 'python prepare.py\npython train.py\n')
    opened.changedOnDisk('all.sh')
    assert.deepEqual(await found(), ['.github/workflows/ci.yml'])
    assert.ok(opened.relatives('train.py').includes('.github/workflows/ci.yml'))
    // What runs in a workflow is no launch that the script would be read with.
    assert.ok((await opened.graph()).jobs.every(({ path }) => !path.startsWith('.github')))
  })

  it('find the one package of that name', async () => {
    const job = (module: string) =>
      `apiVersion: batch/v1\nkind: Job\nmetadata: {name: fit}\nspec:\n  template:\n    spec:\n      containers:\n        - name: fit\n          image: registry.example.com/fit:1\n          command: [python, -m, ${module}]\n`
    assert.deepEqual(
      await graphOf({
        'deploy/a.yaml': job('predictor.train'),
        'deploy/b.yaml': job('common.start'),
        'deploy/c.yaml': job('train'),
        'services/predictor/train.py': 'print(1)\n',
        'services/common/start.py': 'print(1)\n',
        'other/common/start.py': 'print(1)\n',
      }),
      [
        'deploy/a.yaml:10 python services/predictor/train.py',
        'deploy/b.yaml:10 python none: no module common.start in this project',
        'deploy/c.yaml:10 python none: no module train in this project',
      ],
    )
  })

  it('start each line of a recipe beside the Makefile', async () => {
    assert.deepEqual(
      await graphOf({
        Makefile:
          'check:\n\t@cd "$(PART)" && python -m check\n\texit 1\n\nrun:\n\t@$(MAKE) check && \\\n\tcd src && \\\n\tpython -m app.start\n\tpython tool.py\n',
        'src/app/start/__main__.py': 'print(1)\n',
        'tool.py': 'print(1)\n',
      }),
      [
        'Makefile:2 python none: no module check in this project',
        'Makefile:8 python src/app/start/__main__.py',
        'Makefile:9 python tool.py',
      ],
    )
  })

  const batch = (...lines: string[]) =>
    `${['#!/bin/bash', '#SBATCH --gres=gpu:a100:8', '#SBATCH --ntasks=1', '#SBATCH --time=10:00:00', ...lines].join('\n')}\n`

  it('lead from commands that the project installs to their modules', async () => {
    assert.deepEqual(
      await graphOf({
        'pyproject.toml':
          '[project.scripts]\nfit-forest = "forest.cli:main"\n\n[tool.poetry.scripts]\nfit-trees = "forest.trees:run"\n',
        'setup.cfg':
          '[options.entry_points]\nconsole_scripts =\n    fit-net = forest.net:main\n    fit-lost = lost.cli:main\n\n[flake8]\nmax-line-length = 100\n',
        'tools/setup.py':
          "from setuptools import setup\nsetup(name='tools', entry_points={'console_scripts': ['fit-tool=tool.cli:main']})\n",
        'src/forest/cli.py': 'def main(): ...\n',
        'src/forest/net.py': 'def main(): ...\n',
        'forest/trees.py': 'def run(): ...\n',
        'tools/tool/cli.py': 'def main(): ...\n',
        'a.slurm': batch('module load cuda', 'source activate env', 'srun fit-forest --lr 1 $EXTRA'),
        'b.slurm': batch('timeout 4h fit-trees'),
        'c.slurm': batch('poetry run fit-net', 'rsync -a out/ /store', 'bash unknown.sh'),
        'd.slurm': batch('fit-lost'),
        'e.slurm': batch('some-tool train'),
        'f.slurm': batch('bash run.sh 3'),
        'run.sh': 'export LR=$1\nfit-tool --lr $LR\n',
        Dockerfile: 'FROM python:3.12\nCOPY . /app\nENTRYPOINT ["fit-forest", "--lr", "1"]\n',
        'compose.yaml':
          'services:\n  fit:\n    build: .\n    deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: 2}]}}}\n',
      }),
      [
        'a.slurm:7 srun src/forest/cli.py',
        'b.slurm:5 python forest/trees.py',
        'c.slurm:5 python src/forest/net.py',
        'compose.yaml:3 python src/forest/cli.py',
        'd.slurm:2 null none: no program that it starts could be read',
        'e.slurm:2 null none: no program that it starts could be read',
        'f.slurm:5 python tools/tool/cli.py',
      ],
    )
  })

  it('find a program below a folder that only the machine knows', async () => {
    assert.deepEqual(
      await graphOf({
        'jobs/a.slurm': batch('python "${ROOT}/scripts/train.py"'),
        'jobs/b.slurm': batch('srun $PYTHON -u $CODE_DIR/fit.py'),
        'jobs/c.slurm': batch('python $CODE_DIR/train.py'),
        'jobs/d.slurm': batch('python fit.py'),
        'jobs/e.slurm': batch('cd "$(dirname "$0")/.."', 'python ./scripts/fit.py'),
        'scripts/train.py': 'print(1)\n',
        'scripts/fit.py': 'print(1)\n',
        'old/train.py': 'print(1)\n',
      }),
      [
        'jobs/a.slurm:5 python scripts/train.py',
        'jobs/b.slurm:5 srun scripts/fit.py',
        'jobs/c.slurm:5 python none: several files could be /train.py',
        'jobs/d.slurm:5 python none: no file fit.py beside this launch',
        'jobs/e.slurm:6 python scripts/fit.py',
      ],
    )
  })

  it('find a program among the sources beside the folder of a script', async () => {
    assert.deepEqual(
      await graphOf({
        'scripts/a.sh': 'deepspeed --num_gpus 8 train.py --deepspeed\n',
        'scripts/b.sh': 'torchrun --nproc_per_node 2 tune.py\n',
        'scripts/c.sh': 'torchrun --nproc_per_node 2 probe.py\n',
        'src/train.py': 'print(1)\n',
        'src/tune.py': 'print(1)\n',
        'old/tune.py': 'print(1)\n',
        'other/probe.py': 'print(1)\n',
      }),
      [
        'scripts/a.sh:1 deepspeed src/train.py',
        'scripts/b.sh:1 torchrun none: several files could be tune.py',
        'scripts/c.sh:1 torchrun none: no file probe.py beside this launch',
      ],
    )
  })

  it('lead from services to the stage of the Dockerfile that is built', async () => {
    const service = (name: string, build: string, command = '') =>
      `  ${name}:\n    build: ${build}\n${command === '' ? '' : `    command: ${command}\n`}    deploy: {resources: {reservations: {devices: [{capabilities: [gpu], count: 1}]}}}\n`
    const { jobs } = await (
      await openProject(
        memoryRoot,
        memoryHost(
          new Map(
            Object.entries({
              'compose.yaml': `services:\n${[
                service('fit', '{context: ., dockerfile: docker/app.Dockerfile, target: fit}'),
                service('test', '{context: ., dockerfile: docker/app.Dockerfile, target: TEST}'),
                service('last', '{context: ., dockerfile: docker/app.Dockerfile}'),
                service(
                  'given',
                  '{context: ., dockerfile: docker/app.Dockerfile, target: fit}',
                  '--epochs 9',
                ),
              ].join('')}`,
              'docker/app.Dockerfile':
                'FROM pytorch/pytorch:2.4.0 AS base\nWORKDIR /app\nENTRYPOINT ["python"]\nCMD ["base.py"]\n\nFROM base AS fit\nCOPY . .\nENTRYPOINT ["python", "fit.py"]\n\nFROM base AS test\nCMD ["check.py"]\n\nFROM base\nCMD ["serve.py"]\n',
              'base.py': 'print(1)\n',
              'fit.py': 'print(1)\n',
              'check.py': 'print(1)\n',
              'serve.py': 'print(1)\n',
            }),
          ),
        ),
      )
    ).graph()
    assert.deepEqual(
      jobs.map(({ name, script }) => `${name} ${script}`),
      ['fit fit.py', 'test check.py', 'last serve.py', 'given fit.py'],
    )
  })

  it('lead from servers to the modules that they import', async () => {
    assert.deepEqual(
      await graphOf({
        Dockerfile:
          'FROM python:3.11\nWORKDIR /srv\nCOPY api/ .\nCMD ["uvicorn", "main:app", "--port", "80"]\n',
        'api/main.py': app,
        'admin/main.py': app,
        'demo/page.py': 'import streamlit as st\n',
        'pkg/__init__.py': app,
        'serve.sh':
          'gunicorn -w 4 -k uvicorn.workers.UvicornWorker -b 0.0.0.0:80 "pkg:create_app()"\n' +
          'cd demo && streamlit run page.py -- --big\n',
        'flask.sh': 'export FLASK_APP=web/site.py\nflask run --host 0.0.0.0\n',
        'web/site.py': 'from flask import Flask\napp = Flask(__name__)\n',
        'deploy.sh': 'python -m uvicorn --app-dir admin main:app\nserve run pkg.model:app\n',
        'pkg/model.py': 'from ray import serve\n',
      }),
      [
        'Dockerfile:4 uvicorn api/main.py',
        'deploy.sh:1 uvicorn admin/main.py',
        'deploy.sh:2 serve pkg/model.py',
        'flask.sh:2 flask web/site.py',
        'serve.sh:1 gunicorn pkg/__init__.py',
        'serve.sh:2 streamlit demo/page.py',
      ],
    )
  })
})

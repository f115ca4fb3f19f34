/** Whatever a project is made of, its bill is the sum of its parts, and no advice saves more than they cost. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

type Files = Record<string, string>
interface Open {
  low: number
  high: number | null
}
interface Entry {
  id: string
  per: 'run' | 'month'
  usd: Open | null
  saving: Open | null
}
interface Bill {
  jobs: Entry[]
  total: { run: { usd: Open; saving: Open | null } | null; month: { usd: Open; saving: Open | null } | null }
}

const training = (epochs: number, batch: number) => `import torch
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import CIFAR10

def main(lr=0.1):
    model = models.resnet18(num_classes=10).cuda()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loader = DataLoader(CIFAR10("data", transform=transforms.ToTensor()), batch_size=${batch}, shuffle=True)
    for epoch in range(${epochs}):
        for x, y in loader:
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda()).backward()
            optimizer.step()
    return 0.5
`
const started = '\nmain()\n'
const search = (trials: number) => `import optuna

from train import main

study = optuna.create_study(direction="maximize")
study.optimize(lambda trial: main(trial.suggest_float("lr", 1e-4, 1e-1)), n_trials=${trials})
`

/** Parts that do not know of each other, each in a folder of its own. */
const parts: Record<string, (folder: string) => Files> = {
  job: (f) => ({
    [`${f}/job.sh`]: `#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython ${f}/train.py\n`,
    [`${f}/train.py`]: training(20, 128) + started,
  }),
  large: (f) => ({
    [`${f}/big.sh`]: `#!/bin/bash\n#SBATCH --gres=gpu:v100:4\n#SBATCH --time=02:00:00\ntorchrun --nproc_per_node=4 ${f}/long.py\n`,
    [`${f}/long.py`]: training(300, 32) + started,
  }),
  search: (f) => ({
    [`${f}/search.sh`]: `#!/bin/bash\n#SBATCH --gres=gpu:a100:1\npython ${f}/search.py\n`,
    [`${f}/search.py`]: search(8),
    [`${f}/train.py`]: training(5, 64),
  }),
  estimator: (f) => ({
    [`${f}/launch.py`]: `from sagemaker.pytorch import PyTorch\n\nPyTorch(entry_point="fit.py", source_dir="${f}", role="r", instance_type="ml.p3.2xlarge", instance_count=1, framework_version="2.0", py_version="py310").fit()\n`,
    [`${f}/fit.py`]: training(10, 256) + started,
  }),
  endpoint: (f) => ({
    [`${f}/deploy.py`]:
      "from sagemaker import ModelPackage\n\nmodel = ModelPackage(role='r', model_package_arn='arn')\nmodel.deploy(initial_instance_count=2, instance_type='ml.g5.xlarge', endpoint_name='shop')\n",
  }),
}

async function billOf(files: Files): Promise<Bill> {
  const { out, code } = await runHere(files, ['cost', '--output-format', 'json'])
  assert.equal(code, 0)
  return JSON.parse(out)
}

function near(actual: Open, expected: Open, what: string): void {
  for (const end of ['low', 'high'] as const) {
    const [a, b] = [actual[end], expected[end]]
    assert.ok(
      a === b || Math.abs(a! - b!) <= 1e-6 * Math.max(1, b!),
      `${what}: ${JSON.stringify([actual, expected])}`,
    )
  }
}

function sum(all: readonly Open[]): Open {
  return {
    low: all.reduce((total, { low }) => total + low, 0),
    high: all.some(({ high }) => high === null) ? null : all.reduce((total, { high }) => total + high!, 0),
  }
}

describe('the bill of a project', () => {
  const alone = new Map<string, Bill>()
  before(async function () {
    this.timeout(240_000)
    for (const [name, make] of Object.entries(parts)) alone.set(name, await billOf(make(name)))
  })

  it('knows each of the parts', () => {
    for (const [name, { jobs }] of alone)
      assert.ok(
        jobs.some(({ usd }) => usd !== null),
        `${name}: ${JSON.stringify(jobs)}`,
      )
  })

  // Each of the 32 sets of parts is a number; some of them, spread over all sizes.
  for (const chosen of [3, 7, 12, 21, 26, 31]) {
    const names = Object.keys(parts).filter((_, index) => (chosen >> index) & 1)
    it(`is the sum of its parts: ${names.join(', ')}`, async () => {
      const whole = await billOf(Object.assign({}, ...names.map((name) => parts[name]!(name))))
      const bills = names.map((name) => alone.get(name)!)
      for (const per of ['run', 'month'] as const) {
        const expected = bills.flatMap(({ total }) => total[per] ?? [])
        if (expected.length === 0) assert.equal(whole.total[per], null)
        else near(whole.total[per]!.usd, sum(expected.map(({ usd }) => usd)), per)
      }
      assert.equal(new Set(whole.jobs.map(({ id }) => id)).size, whole.jobs.length)
      for (const { id, usd, saving } of whole.jobs)
        if (saving !== null) {
          assert.ok(usd !== null, id)
          assert.ok(saving.low <= usd.low + 1e-9, `${id}: ${JSON.stringify([saving, usd])}`)
          assert.ok(
            usd.high === null || saving.high! <= usd.high + 1e-9,
            `${id}: ${JSON.stringify([saving, usd])}`,
          )
        }
    })
  }

  it('of a search is that of its trials, each a run', async () => {
    const [once] = (await billOf({ ...parts.search!('s'), 's/search.py': search(1) })).jobs
    const [often] = (await billOf({ ...parts.search!('s'), 's/search.py': search(8) })).jobs
    near(often!.usd!, { low: 8 * once!.usd!.low, high: 8 * once!.usd!.high! }, 'trials')
  })
})

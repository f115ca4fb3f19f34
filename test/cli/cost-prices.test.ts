/** `costlint cost`: by which price a machine, a card and capacity are billed. */
import assert from 'node:assert/strict'
import { jobs, launcher, slurm, train } from './cost-projects.js'
import { runHere } from './here.js'

describe('costlint cost: prices', () => {
  it('prices no accelerator for a program that computes on processors, whose samples nobody counts', async () => {
    const script = `import torch
from torch import nn
from data import rows, targets

model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(50):
    for x, y in zip(rows(), targets()):
        loss = (model(x) - y).pow(2).mean()
        loss.backward()
        optimizer.step()
`
    const [job] = await jobs({ 'train.py': script, 'run.sh': 'python train.py\n' })
    assert.equal(job!.usd, null)
    assert.ok(job!.assumptions.some((one) => one.startsWith('no machine is named: 4 to 32 vCPUs')))
    const [onGpu] = await jobs({
      'train.py': script.replace('(x)', '(x.cuda())').replace('model =', 'device = "cuda"\nmodel ='),
      'run.sh': 'python train.py\n',
    })
    assert.notEqual(onGpu!.usdPerHour, null)
  })

  it('prices processors that nobody names by few and by many of them, at list prices', async () => {
    const trees = (rows: string) => `from lightgbm import LGBMRegressor
import pandas as pd

table = pd.read_csv("${rows}")
LGBMRegressor(n_estimators=500).fit(table.drop(columns="y"), table["y"])
`
    const rows = `a,b,y\n${'1,2,3\n'.repeat(5000)}`
    const [counted] = await jobs({ 'train.py': trees('rows.csv'), 'rows.csv': rows })
    assert.equal(counted!.state, 'priced')
    assert.ok(counted!.usd!.high! < 0.5 && counted!.usd!.high! > 0, JSON.stringify(counted!.usd))
    assert.ok(
      counted!.assumptions.some((one) => one.startsWith('no machine is named: 4 to 32 vCPUs at list prices')),
      counted!.assumptions.join('\n'),
    )
    const [elsewhere] = await jobs({ 'train.py': trees('s3://rides/rows.csv') })
    assert.equal(elsewhere!.usd, null)
    assert.equal(elsewhere!.ofSamples!.samples, 10_000)
    assert.ok(elsewhere!.assumptions.includes('5 to 200 columns, which nobody counted'))
  })

  it('trains a network on processors in the time that their arithmetic takes', async () => {
    const script = `import torch
from torch import nn
from torchvision import datasets, transforms

model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters())
loader = torch.utils.data.DataLoader(datasets.MNIST(".", transform=transforms.ToTensor()), batch_size=64)
for epoch in range(10):
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
`
    const [job] = await jobs({ 'train.py': script })
    // 9,380 steps: a minute or two on a laptop, decoding of the pictures included.
    assert.equal(job!.gpus, 0)
    assert.ok(job!.hours!.low > 1 / 3600 && job!.hours!.high! < 1, JSON.stringify(job!.hours))
    assert.ok(job!.usd!.high! < 1)
  })

  it('bills no accelerator to a program whose loop is not read and that uses none', async () => {
    const script = `from trainers import ChurnTrainer

def train(config):
    trainer = ChurnTrainer(config)
    trainer.train()

if __name__ == "__main__":
    train({"C": 0.1})
`
    const trainers = `from sklearn.linear_model import LogisticRegression

class ChurnTrainer:
    def __init__(self, config):
        self.model = LogisticRegression(**config)
    def train(self):
        self.model.fit(*self.load())
`
    const { out } = await runHere(
      { 'train.py': script, 'trainers.py': trainers, Makefile: 'train:\n\tpython train.py\n' },
      ['cost'],
    )
    assert.doesNotMatch(out, /GPU|accelerator|an hour/)
  })

  it('takes the spot price of the machine where the service publishes none of its own', async () => {
    const submit = `from google.cloud import aiplatform

aiplatform.init(project='p', location='us-central1')
job = aiplatform.CustomJob.from_local_script(
    display_name='sft',
    script_path='train.py',
    container_uri='europe-docker.pkg.dev/vertex-ai/training/pytorch-gpu.2-3.py310:latest',
    machine_type='a3-megagpu-8g',
    accelerator_type='NVIDIA_H100_MEGA_80GB',
    accelerator_count=8,
    replica_count=2,
)
job.run(timeout=604800, scheduling_strategy=aiplatform.compat.types.custom_job.Scheduling.Strategy.SPOT)
`
    const { out } = await runHere({ 'submit.py': submit, 'train.py': 'import torch\n' }, ['cost'])
    // Seven days of two machines at 55.89 USD and 15 % on top.
    assert.match(out, /at most \$2[12],\d{3} a run/)
    assert.match(out, /publishes no spot price: from that of the machine/)
  })

  it('prices a run by its machine, its data set and its model', async () => {
    const [job] = await jobs({ 'train.py': train, 'launch.py': launcher })
    assert.equal(job!.state, 'priced')
    // 25,000 reviews × 3 epochs in fp32 on an A10G: 2 × 86 M weights × up to 256 tokens × 3 passes is 0.13 TFLOP each.
    assert.ok(job!.hours!.low > 0.1 && job!.hours!.high! < 4, JSON.stringify(job!.hours))
    // ml.g5.2xlarge.
    assert.equal(job!.usdPerHour!.low, job!.usdPerHour!.high)
    assert.ok(Math.abs(job!.usd!.low - job!.hours!.low * job!.usdPerHour!.low) < 1e-9)
    assert.ok(job!.saving!.high <= job!.usd!.high!)
    assert.ok(job!.saving!.low > 0)
  })

  it('takes the user’s price of an accelerator where no machine is named', async () => {
    const own = '[[prices.accelerators]]\nname = "A100-40GB"\nusd-per-hour = 1.25\n'
    const [job] = await jobs({ 'train.py': train, 'job.slurm': slurm, 'costlint.toml': own })
    assert.deepEqual(job!.usdPerHour, { low: 1.25, high: 1.25 })
    assert.equal(job!.state, 'priced')
  })

  it('prices a GPU that is asked for by its memory as one that has as much', async () => {
    const task = `type: task
name: chat
commands:
  - python train.py
resources:
  gpu: 24GB
max_duration: 2h
`
    const { out } = await runHere({ 'train.dstack.yml': task, 'train.py': 'import torch\n' }, ['cost'])
    assert.match(out, /at most 2 h · at most \$\S+ a run/)
    assert.match(out, /any of .*\bA10G\b.*as the job allows/)
    assert.doesNotMatch(out, /\bT4\b/)
  })

  it('prices a GPU of a SLURM job by the memory that is asked for beside it', async () => {
    const priced = async (asked: string) => {
      const job = `#!/bin/bash\n#SBATCH ${asked}\n#SBATCH --time=24:00:00\nsrun python train.py\n`
      const { out } = await runHere({ 'job.sh': job, 'train.py': 'import torch\n' }, ['cost'])
      return out
    }
    assert.match(await priced('--gres=gpu:1,VRAM:48G'), /any of A40, .* as the job allows/)
    assert.match(await priced('--gres=vram:32GB,gpu:1'), /any of V100-32GB, .* as the job allows/)
    assert.match(await priced('--gres=gpu:1,gpumem:20g'), /any of .*\bA10G\b.* as the job allows/)
    assert.match(await priced('--gres=gpu:a100:1,VRAM:80G'), /per A100-80GB/)
    assert.match(await priced('--gres=gpu:a100:1'), /per A100-40GB/)
    assert.match(await priced('--gres=gpu:1 --constraint=gpu:a100'), /per A100-40GB/)
  })

  it('prices pods of CoreWeave as that cloud does, and says what Databricks charges on top', async () => {
    const job = `apiVersion: batch/v1
kind: Job
metadata: {name: sft}
spec:
  activeDeadlineSeconds: 36000
  template:
    spec:
      nodeSelector: {gpu.nvidia.com/class: A100_NVLINK_80GB}
      restartPolicy: Never
      containers:
        - name: train
          image: acme/sft:1
          command: [python, train.py]
          resources: {limits: {nvidia.com/gpu: 2}}
`
    const bundle = `resources:
  jobs:
    sessions:
      name: sessions
      timeout_seconds: 14400
      tasks:
        - task_key: sessions
          spark_python_task: {python_file: train.py}
          new_cluster:
            spark_version: 15.4.x-gpu-ml-scala2.12
            node_type_id: g5.12xlarge
            num_workers: 2
`
    const files = { 'job.yaml': job, 'databricks.yml': bundle, 'train.py': 'import torch\n' }
    const { out } = await runHere(files, ['cost'])
    assert.match(out, /sft \(job, 2×A100-80GB\)\n {2}at most 10 h · at most \$54 a run\n.*coreweave/)
    assert.match(out, /DBUs come on top: the price is that of the machines alone/)
  })
})

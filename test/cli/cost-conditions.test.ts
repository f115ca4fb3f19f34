/** `costlint cost` of what a condition starts, and of the processes of a launcher. */
import assert from 'node:assert/strict'
import { jobs, launcher, train } from './cost-projects.js'
import { runHere } from './here.js'

describe('endpoints under conditions', () => {
  const head = `import sagemaker
from sagemaker import ModelPackage
model = ModelPackage(role='r', model_package_arn='arn')
again = ModelPackage(role='r', model_package_arn='arn')
`
  const deploy = (type: string, model = 'model') =>
    `${model}.deploy(initial_instance_count=1, instance_type='${type}', endpoint_name='shop')`
  const month = async (body: string) => {
    const { out } = await runHere({ 'deploy.py': head + body }, ['cost'])
    return out.split('\n').find((line) => line.startsWith('Always on')) ?? out
  }

  it('counts one of the two branches of a condition', async () => {
    const body = `if exists('shop'):
    ${deploy('ml.m5.large')}
else:
    ${deploy('ml.m5.large')}
`
    assert.equal(await month(body), 'Always on: $84 a month.')
  })

  it('tells the range where the branches start other machines, or one leaves before', async () => {
    const body = `def main():
    if small():
        ${deploy('ml.m5.large')}
        return
    ${deploy('ml.m5.xlarge')}
main()
`
    assert.equal(await month(body), 'Always on: $84–170 a month.')
  })

  it('counts both where they stand beside each other, also in one branch', async () => {
    const both = `    ${deploy('ml.m5.large')}
    ${deploy('ml.m5.large', 'again')}
`
    assert.equal(await month(`if ready():\n${both}`), 'Always on: $170 a month.')
  })
})

describe('jobs under conditions', () => {
  const estimator = (name: string, machine: string) =>
    launcher
      .replace(/^from .*\n\n/, '')
      .replace('HuggingFace(', `${name} = HuggingFace(`)
      .replace('ml.g5.2xlarge', machine)
      .replace(').fit()', ')')
      .replace(/^/gm, '    ')
      .trimEnd()
  const head = 'from sagemaker.huggingface import HuggingFace\n\n'

  it('counts one of two estimators of which a condition starts one', async () => {
    const either = `${head}if large:\n${estimator('job', 'ml.p4d.24xlarge')}\nelse:\n${estimator('job', 'ml.g5.2xlarge')}\njob.fit()\n`
    const found = await jobs({ 'launch.py': either, 'train.py': train })
    const single = async (machine: string) =>
      (await jobs({ 'launch.py': launcher.replace('ml.g5.2xlarge', machine), 'train.py': train }))[0]!.usd!
    const [small, large] = [await single('ml.g5.2xlarge'), await single('ml.p4d.24xlarge')]
    assert.equal(found.length, 1)
    assert.deepEqual(found[0]!.usd, {
      low: Math.min(small.low, large.low),
      high: Math.max(small.high!, large.high!),
    })
  })
})

describe('processes of a launcher', () => {
  const train = `import torch
from net import Net, loader
model = Net().cuda()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(3):
    for x, y in loader:
        loss = model(x, y)
        loss.backward()
        optimizer.step()
`

  it('counts those of the command of a sweep', async () => {
    const sweep = `program: train.py
method: random
parameters:
  lr: {min: 0.001, max: 0.1}
command: ['\${env}', torchrun, --nproc_per_node=4, '\${program}', '\${args}']
`
    const { out } = await runHere({ 'train.py': train, 'sweep.yaml': sweep }, ['cost'])
    assert.match(out, /sweep\.yaml\S* train\.py \(job, 4 GPUs\)\n.*\$2\.10–11 an hour/)
  })

  it('says that the hosts of a file are not counted', async () => {
    const files = {
      'train.py': train,
      'run.sh': 'deepspeed -H hosts train.py\n',
      hosts: 'a slots=3\nb slots=2\n',
    }
    const { out } = await runHere(files, ['cost'])
    assert.match(out, /counts one machine: hosts lists the others, and is not read/)
  })
  it('does not make up how many accelerators a launcher finds that takes them all', async () => {
    const { out } = await runHere({ 'train.py': train, 'run.sh': 'deepspeed train.py\n' }, ['cost'])
    assert.match(out, /run\.sh\S* train\.py \(job, not named\)\n/)
    assert.match(out, /counts one accelerator: deepspeed takes all of the machine, which nothing names/)
    const four = await runHere({ 'train.py': train, 'run.sh': 'deepspeed --num_gpus 4 train.py\n' }, ['cost'])
    assert.match(four.out, /run\.sh\S* train\.py \(job, 4 GPUs\)\n/)
    assert.doesNotMatch(four.out, /counts one accelerator/)
  })
})

describe('settings that a file may replace', () => {
  const program = (load: string) => `import json
import os
from datasets import load_dataset
from transformers import AutoModelForCausalLM, Trainer, TrainingArguments

DEFAULTS = {"base": "mistralai/Mistral-7B-v0.1", "steps": 500, "batch": 2}

${load}

def train(config):
    model = AutoModelForCausalLM.from_pretrained(config["base"])
    args = TrainingArguments("out", max_steps=config["steps"], per_device_train_batch_size=config["batch"])
    Trainer(model=model, args=args, train_dataset=load_dataset("yahma/alpaca-cleaned", split="train")).train()

def main():
    config = settings()
    train(config)

main()
`
  const written = 'return {"base": "mistralai/Mistral-7B-v0.1", "steps": 500, "batch": 2}'
  for (const [name, load] of [
    ['the defaults of a function', `def settings():\n    ${written}`],
    [
      'those for want of a file',
      `def settings():\n    if os.path.exists("own.json"):\n        with open("own.json") as f:\n            return json.load(f)\n    ${written}`,
    ],
    [
      'those of its failure',
      `def settings():\n    try:\n        return json.load(open("own.json"))\n    except OSError:\n        ${written}`,
    ],
    [
      'those that it is laid over',
      'def settings():\n    with open("own.json") as f:\n        own = json.load(f)\n    return {**DEFAULTS, **own}',
    ],
    [
      'a copy of them',
      'def settings():\n    found = dict(DEFAULTS)\n    if os.path.exists("own.json"):\n        found.update(json.load(open("own.json")))\n    return found',
    ],
  ])
    it(`are ${name}`, async () => {
      const [job] = await jobs({ 'train.py': program(load!) })
      assert.equal(job!.state, 'priced', job!.unknown.join())
    })
})

/** What README and pages name is found: one case for each claim that was once untrue. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { runHere } from './cli/here.js'

const imports = `import torch
from torch.utils.data import DataLoader
from torchvision import models, transforms
from torchvision.datasets import ImageFolder
`
const loader = (more: string) =>
  `loader = DataLoader(ImageFolder("/data", transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()])), batch_size=64${more})\n`
const body = `model = models.resnet50().cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(90):
    for x, y in loader:
        x, y = x.cuda(), y.cuda()
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
`
const training = imports + loader(', num_workers=8') + body
const indented = (text: string, spaces: number) => text.replace(/^(?=.)/gm, ' '.repeat(spaces))

/** `path:line rule` of what is found. */
async function found(files: Record<string, string>, ...options: string[]): Promise<string[]> {
  const { out } = await runHere(files, ['check', '--show-hints', '--output-format', 'concise', ...options])
  return [...out.matchAll(/^(.+?):(\d+):\d+ \w+ ([\w/-]+) /gm)].map(
    ([, path, line, rule]) => `${path}:${line} ${rule}`,
  )
}

async function finds(files: Record<string, string>, ...expected: string[]): Promise<void> {
  const all = await found(files)
  for (const one of expected)
    assert.ok(all.includes(one), `${one} is not among ${all.join(', ') || 'nothing'}`)
}

describe('claims of the documentation', () => {
  const container = `{"image": "train:1", "command": ["python", "train.py"], "resourceRequirements": [{"type": "GPU", "value": "4"}, {"type": "VCPU", "value": "16"}, {"type": "MEMORY", "value": "64000"}]}`

  it('job definitions of AWS Batch are read', () =>
    finds(
      {
        'train.py': training,
        'register.py': `import boto3\nboto3.client("batch").register_job_definition(jobDefinitionName="train", type="container", containerProperties=${container})\n`,
      },
      'register.py:2 distributed/idle-gpus',
      'register.py:2 lifecycle/no-deadline',
    ))

  it('four GPUs for one process are seen in Flyte', () =>
    finds(
      {
        'flow.py': `from flytekit import Resources, task\n${imports}\n@task(requests=Resources(gpu="4", mem="64Gi"))\ndef train() -> float:\n${indented(loader(', num_workers=8') + body, 4)}    return 0.0\n`,
      },
      'flow.py:7 distributed/idle-gpus',
    ))

  it('four GPUs for one process are seen in Metaflow', () =>
    finds(
      {
        'flow.py': `from metaflow import FlowSpec, resources, step\n${imports}\nclass Flow(FlowSpec):\n    @resources(gpu=4)\n    @step\n    def start(self):\n${indented(loader(', num_workers=8') + body, 8)}        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n\nif __name__ == "__main__":\n    Flow()\n`,
      },
      'flow.py:8 distributed/idle-gpus',
    ))

  it('four GPUs for one process are seen in ZenML', () =>
    finds(
      {
        'flow.py': `from zenml import pipeline, step\nfrom zenml.config import ResourceSettings\n${imports}\n@step(settings={"resources": ResourceSettings(gpu_count=4)})\ndef train() -> float:\n${indented(loader(', num_workers=8') + body, 4)}    return 0.0\n\n@pipeline\ndef run():\n    train()\n`,
      },
      'flow.py:8 distributed/idle-gpus',
    ))

  it('a model that a Streamlit script or a BentoML service loads each time is seen', () =>
    finds(
      {
        'app.py': `import streamlit as st\nfrom transformers import pipeline\ntext = st.text_input("Text")\nmodel = pipeline("sentiment-analysis", device=0)\nst.write(model(text))\n`,
        'service.py': `import bentoml\nfrom transformers import pipeline\n\n@bentoml.service(resources={"gpu": 1})\nclass Sentiment:\n    @bentoml.api\n    def classify(self, text: str) -> str:\n        return pipeline("sentiment-analysis", device=0)(text)[0]["label"]\n`,
      },
      'app.py:4 pipeline/model-load-per-element',
      'service.py:8 pipeline/model-load-per-element',
    ))

  it('machines that nothing stops are seen in commands and Terraform', () =>
    finds(
      {
        'start.sh':
          'aws ec2 run-instances --image-id ami-1 --instance-type p4d.24xlarge\ngcloud compute instances create t --machine-type=a2-highgpu-1g --zone=us-central1-a\n',
        'main.tf':
          'resource "aws_instance" "trainer" {\n  ami           = "ami-1"\n  instance_type = "p4d.24xlarge"\n}\n',
      },
      'start.sh:1 lifecycle/no-autostop',
      'start.sh:2 lifecycle/no-autostop',
      'main.tf:1 lifecycle/no-autostop',
    ))

  it('a patience longer than the run is seen in `yolo train`', () =>
    finds(
      { 'run.sh': 'yolo train model=yolov8n.pt data=coco.yaml epochs=300 patience=1000 device=0\n' },
      'run.sh:1 lifecycle/ineffective-early-stopping',
    ))

  it('loaders under Ignite and Composer are seen', () =>
    finds(
      {
        'ignite_train.py': `${imports}from ignite.engine import create_supervised_trainer\nmodel = models.resnet50().cuda()\n${loader('')}trainer = create_supervised_trainer(model, torch.optim.SGD(model.parameters(), lr=0.1), torch.nn.CrossEntropyLoss(), device="cuda")\ntrainer.run(loader, max_epochs=90)\n`,
        'composer_train.py': `${imports}from composer import Trainer\nfrom composer.models import ComposerClassifier\nmodel = ComposerClassifier(models.resnet50(), num_classes=1000)\n${loader('')}Trainer(model=model, train_dataloader=loader, max_duration="90ep", device="gpu").fit()\n`,
      },
      'ignite_train.py:7 data/no-loader-workers',
      'composer_train.py:8 data/no-loader-workers',
    ))

  it('an entry of [[suppress]] that silences nothing is not reported, a comment is', async () => {
    const files = {
      'train.py': '# costlint: ignore[search/grid-search]\nprint("hello")\n',
      'costlint.toml': '[[suppress]]\npath = "data/*.json"\nrule = "search/grid-search"\nreason = "small"\n',
      'data/a.json': '{}\n',
    }
    assert.deepEqual(await found(files), ['train.py:1 costlint/unused-suppression'])
  })

  it('a comment behind `resource … {` holds for the block', async () => {
    const block = (comment: string) =>
      `resource "aws_instance" "trainer" {${comment}\n  ami           = "ami-1"\n  instance_type = "g5.xlarge"\n}\n`
    assert.deepEqual(await found({ 'main.tf': block('') }), [
      'main.tf:1 lifecycle/no-autostop',
      'main.tf:1 lifecycle/on-demand-interruptible',
    ])
    assert.deepEqual(
      await found({
        'main.tf': block(
          ' # costlint: ignore[lifecycle/no-autostop, lifecycle/on-demand-interruptible] -- stopped by hand',
        ),
      }),
      [],
    )
  })
})

/** `costlint cost`: which machines a job, a service or a pool pays for, and what of them is counted once. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

interface Entry {
  kind: string
  usd: { low: number; high: number | null } | null
  usdPerHour: { low: number; high: number } | null
  saving: { low: number; high: number } | null
  gpus: number | null
  assumptions: string[]
}

async function jobs(files: Record<string, string>): Promise<Entry[]> {
  const { out, code } = await runHere(files, ['cost', '--output-format', 'json'])
  assert.equal(code, 0)
  return JSON.parse(out).jobs
}

const pool = (least: number) => `resource "google_container_node_pool" "gpu" {
  location = "us-central1-a"
  node_config {
    machine_type = "g2-standard-4"
    labels = { accelerator = "l4" }
    guest_accelerator {
      type  = "nvidia-l4"
      count = 1
    }
  }
  autoscaling {
    min_node_count = ${least}
    max_node_count = 6
  }
}
`
const service = `apiVersion: apps/v1
kind: Deployment
metadata: {name: answers}
spec:
  replicas: 2
  selector: {matchLabels: {app: answers}}
  template:
    metadata: {labels: {app: answers}}
    spec:
      nodeSelector: {accelerator: l4}
      containers:
        - name: server
          image: vllm/vllm-openai:v0.6.0
          ports: [{containerPort: 8000}]
          resources: {limits: {nvidia.com/gpu: 1}}
`

describe('the machines of a bill', () => {
  it('counts the machines of a pool once, also where a service runs on them', async () => {
    const { out } = await runHere({ 'pool.tf': pool(4), 'service.yaml': service }, ['cost'])
    assert.match(out, /on machines of the pool in pool\.tf:1, which hold what it costs/)
    const alone = await runHere({ 'pool.tf': pool(4) }, ['cost'])
    const total = /Always on: (\$[\d,–]+)/
    assert.equal(total.exec(out)?.[1], total.exec(alone.out)?.[1])
  })

  it('saves of the least machines of a pool only those that no service takes', async () => {
    const of = async (least: number) => {
      const found = await jobs({ 'pool.tf': pool(least), 'service.yaml': service })
      return found.find(({ kind }) => kind === 'pool')!
    }
    const { saving, usd } = await of(4)
    // Two of four machines, idle in half to nine tenths of the hours.
    assert.deepEqual(
      [saving!.low, saving!.high].map((one) => Math.round((100 * one) / usd!.low)),
      [25, 46],
    )
    assert.equal((await of(2)).saving, null)
  })

  it('saves nothing of a pool of a fixed size that services take, which only they can shrink', async () => {
    const fixed = `resource "aws_eks_node_group" "gpu" {
  instance_types = ["g4dn.xlarge"]
  labels         = { accelerator = "l4" }
  scaling_config {
    desired_size = 2
    min_size     = 2
    max_size     = 2
  }
}
`
    const files = { 'pool.tf': fixed, 'service.yaml': service }
    const { out } = await runHere(files, ['check', '--output-format', 'json'])
    const found = JSON.parse(out).findings.find(({ rule }: { rule: string }) => rule === 'scaling/idle-floor')
    assert.deepEqual([found.severity, found.saving], ['information', null])
  })

  it('takes the prices of Modal for its functions', async () => {
    const app = `import modal

app = modal.App("tune")


@app.function(gpu="A10G:2", timeout=7200)
def train():
    import torch
    torch.zeros(1).cuda()
`
    const [found] = await jobs({ 'app.py': app })
    assert.deepEqual(found!.usdPerHour, { low: 2.2, high: 2.2 })
    assert.ok(found!.assumptions.some((one) => /its processors and its memory come on top/.test(one)))
  })

  const train = (wrapper: string) => `import torch
import torchvision
from torchvision.models import resnet50

model = resnet50()
if torch.cuda.device_count() > 1:
    model = ${wrapper}
model.cuda()
data = torchvision.datasets.CIFAR10('data', train=True, transform=torchvision.transforms.ToTensor())
loader = torch.utils.data.DataLoader(data, batch_size=256, num_workers=8)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(200):
    for images, labels in loader:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(images.cuda()), labels.cuda()).backward()
        optimizer.step()
`

  it('saves nothing of one accelerator where only several would be used better', async () => {
    const { out } = await runHere({ 'train.py': train('torch.nn.DataParallel(model)') }, [
      ...['check', '--output-format', 'json'],
    ])
    const found = JSON.parse(out).findings.find(
      ({ rule }: { rule: string }) => rule === 'distributed/data-parallel',
    )
    assert.deepEqual([found.saving.fraction, found.saving.usd], [[0.23, 0.33], null])
    const [bill] = await jobs({ 'train.py': train('torch.nn.DataParallel(model)') })
    assert.ok(bill!.assumptions.some((one) => /counts one accelerator: `DataParallel` takes all/.test(one)))
  })

  it('takes no card for a usual one that lacks the format that is asked for', async () => {
    const code = train('model')
      .replace(
        'for images, labels in loader:',
        'for images, labels in loader:\n        context = torch.autocast("cuda", FORMAT)',
      )
      .replace(
        /torch\.nn\.functional\.cross_entropy\((.*)\)\.backward\(\)/,
        (_, of) =>
          `with context:\n            loss = torch.nn.functional.cross_entropy(${of})\n        loss.backward()`,
      )
    const of = async (format: string) => {
      const [bill] = await jobs({ 'train.py': code.replace('FORMAT', `torch.${format}`) })
      return bill!.assumptions.join()
    }
    assert.match(await of('float16'), /on T4 /)
    assert.match(await of('bfloat16'), /on A10G /)
    assert.doesNotMatch(await of('bfloat16'), /T4/)
  })

  it('counts the accelerators that a program names', async () => {
    const named = train('torch.nn.DataParallel(model, device_ids=[0, 1, 2, 3])').replace(
      'device_count() > 1',
      'is_available()',
    )
    const [one] = await jobs({ 'train.py': train('model') })
    const [four] = await jobs({ 'train.py': named })
    assert.equal(four!.usdPerHour!.low, 4 * one!.usdPerHour!.low)
  })
})

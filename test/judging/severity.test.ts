/** Severity follows what the waste costs, where the bill is known. */
import assert from 'node:assert/strict'
import type { Finding } from '../../server/src/finding.js'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const train = (data: string, epochs: number, more = '') => `from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained('bert-base-uncased')
model = AutoModelForSequenceClassification.from_pretrained('bert-base-uncased')
data = load_dataset(${data}).map(lambda rows: tokenizer(rows['text'], truncation=True, max_length=256), batched=True)
args = TrainingArguments('out', num_train_epochs=${epochs}, per_device_train_batch_size=32, dataloader_num_workers=8${more})
Trainer(model=model, args=args, train_dataset=data['train']).train()
`
const launch = (machine: string, path = 'train.py') => `from sagemaker.huggingface import HuggingFace

HuggingFace(
    entry_point='${path}',
    role='training',
    instance_type='${machine}',
    instance_count=1,
    max_run=2419200,
    transformers_version='4.49',
    pytorch_version='2.5',
    py_version='py311',
).fit()
`

async function found(files: Record<string, string>, rule = 'precision/full-precision'): Promise<Finding> {
  const project = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
  const { findings } = await project.lint()
  await project.dispose()
  const one = findings.find((finding) => finding.rule === rule)
  assert.ok(one, findings.map((finding) => finding.rule).join())
  return one
}

describe('severity', () => {
  it('is a hint where less than a dollar is wasted', async () => {
    const files = { 'train.py': train("'glue', 'mrpc'", 3), 'launch.py': launch('ml.g5.2xlarge') }
    const { severity, saving } = await found(files)
    assert.equal(severity, 'hint')
    assert.equal(saving!.usd!.per, 'run')
    assert.ok(saving!.usd!.range[1] < 1)
  })

  it('is a warning for the same code over more data', async () => {
    const files = { 'train.py': train("'yelp_review_full'", 10), 'launch.py': launch('ml.g5.2xlarge') }
    const { severity, saving } = await found(files)
    assert.equal(severity, 'warning')
    assert.ok(saving!.usd!.range[0] > 5 && saving!.usd!.range[0] < 100, String(saving!.usd!.range))
  })

  it('is an error where a run surely wastes a hundred dollars', async () => {
    const files = { 'train.py': train("'amazon_polarity'", 60), 'launch.py': launch('ml.g5.2xlarge') }
    assert.equal((await found(files)).severity, 'error')
  })

  it('goes by the thresholds of the user', async () => {
    const files = {
      'train.py': train("'yelp_review_full'", 10),
      'launch.py': launch('ml.g5.2xlarge'),
      'costlint.toml': '[money]\nwarning = 500\n',
    }
    assert.equal((await found(files)).severity, 'information')
    const strict = { ...files, 'costlint.toml': '[money]\nerror = 2\n' }
    assert.equal((await found(strict)).severity, 'error')
  })

  it('stays the rule’s own where the bill is not known, and money is told by the hour', async () => {
    const files = { 'train.py': train("'csv'", 3), 'launch.py': launch('ml.g5.2xlarge') }
    const { severity, saving } = await found(files)
    assert.equal(severity, 'warning')
    assert.equal(saving!.usd!.per, 'hour')
  })

  it('without a machine goes by the range of usual ones', async () => {
    assert.equal((await found({ 'train.py': train("'glue', 'mrpc'", 1) })).severity, 'hint')
    const files = {
      'train.py': train("'glue', 'mrpc'", 300),
      'costlint.toml': '[hardware]\ndefault = "T4"\n',
    }
    const { severity, saving } = await found(files)
    assert.equal(severity, 'warning')
    assert.deepEqual([saving!.usd!.per, saving!.usd!.region], ['run', 'machine assumed'])
  })

  it('is a hint of programs below `legacy/`, `Backup/` and their like', async () => {
    const files = (folder: string) => ({
      [`${folder}train.py`]: train("'yelp_review_full'", 10),
      [`${folder}launch.py`]: launch('ml.g5.2xlarge'),
    })
    assert.equal((await found(files('new/'))).severity, 'warning')
    assert.equal((await found(files('legacy/'))).severity, 'hint')
    assert.equal((await found(files('src/deprecated/'))).severity, 'hint')
    assert.equal((await found(files('Backup/'))).severity, 'hint')
  })

  it('is one step lower of what other files still start there, and of what may be paid for', async () => {
    const program = train("'yelp_review_full'", 10)
    const started = {
      'legacy/train.py': program,
      'launch.py': launch('ml.g5.2xlarge', 'legacy/train.py'),
    }
    assert.equal((await found(started)).severity, 'information')
    const job =
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: train}\nspec:\n  template:\n    spec:\n      containers:\n' +
      '        - {name: main, image: "a:1", command: [python, train.py], resources: {limits: {nvidia.com/gpu: 8}}}\n'
    const rule = 'lifecycle/no-deadline'
    assert.equal((await found({ 'k8s/job.yaml': job }, rule)).severity, 'warning')
    assert.equal((await found({ 'old/job.yaml': job }, rule)).severity, 'information')
  })

  it('is a hint of what its name tells to be a try', async () => {
    const of = async (name: string) =>
      (await found({ [name]: train("'csv'", 3), 'launch.py': launch('ml.g5.2xlarge', name) })).severity
    assert.equal(await of('train.py'), 'warning')
    assert.equal(await of('train_dummy.py'), 'hint')
    assert.equal(await of('overfit_small_batch.py'), 'hint')
    assert.equal(await of('democracy.py'), 'warning')
  })

  const loop = (data: string, epochs: number, validated = false) => `import torch
from torch.utils.data import DataLoader
from torchvision import datasets, models, transforms

crop = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()])
loader = DataLoader(datasets.${data}, batch_size=64, shuffle=True, num_workers=8)
held = DataLoader(datasets.${data.replace("'train'", "'val'")}, batch_size=64, num_workers=8)
model = models.resnet50().cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
total = 0.0
for epoch in range(${epochs}):
    model.train()
    for x, y in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda())
        loss.backward()
        optimizer.step()
        total += loss.item()
${
  validated
    ? `    model.eval()
    with torch.no_grad():
        hits = sum((model(x.cuda()).argmax(1) == y.cuda()).sum() for x, y in held)
    print(hits / len(held))
`
    : ''
}`

  it('of what mostly costs cents follows the bill, too', async () => {
    const of = async (data: string, epochs: number) =>
      (
        await found(
          { 'train.py': loop(data, epochs), 'launch.py': launch('ml.g5.2xlarge') },
          'training/sync-in-loop',
        )
      ).severity
    assert.equal(await of("ImageNet('data', split='train', transform=crop)", 90), 'information')
    assert.equal(await of("ImageNet('data', split='train', transform=crop)", 2), 'hint')
    assert.equal(await of("ImageFolder('data', transform=crop)", 90), 'hint')
  })

  it('of what is lost with a run follows the bill of the run', async () => {
    const of = async (data: string) => {
      const unsaved = train(data, 20, ", save_strategy='no'")
      return found({ 'train.py': unsaved, 'launch.py': launch('ml.g5.2xlarge') }, 'lifecycle/no-checkpoint')
    }
    assert.equal((await of("'yelp_review_full'")).severity, 'information')
    assert.equal((await of("'glue', 'wnli'")).severity, 'hint')
  })

  it('is one step lower in a notebook, unless its outputs show that it took long', async () => {
    const of = async (seconds: number) => {
      const cell = {
        cell_type: 'code',
        execution_count: 1,
        metadata: { executionInfo: { status: 'ok', elapsed: seconds * 1000 } },
        outputs: [],
        source: `${loop("ImageFolder('data/train', transform=crop)", 40, true)}`,
      }
      const notebook = JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 })
      return (await found({ 'train.ipynb': notebook }, 'lifecycle/no-early-stopping')).severity
    }
    assert.equal(await of(60), 'hint')
    assert.equal(await of(6000), 'information')
  })

  it('is what the configuration says, whatever it costs', async () => {
    const files = {
      'train.py': train("'glue', 'mrpc'", 3),
      'launch.py': launch('ml.g5.2xlarge'),
      'costlint.toml': '[severity]\nprecision = "error"\n',
    }
    assert.equal((await found(files)).severity, 'error')
  })
})

import assert from 'node:assert/strict'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'

const launch = `from sagemaker.pytorch import PyTorch

estimator = PyTorch(
    entry_point='train.py',
    instance_type='ml.p4d.24xlarge',
    instance_count=2,
    max_run=86400,
)
estimator.fit()
`
const train = `from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained('gpt2')
model = AutoModelForCausalLM.from_pretrained('gpt2')
data = load_dataset('json', data_files='corpus.json').map(
    lambda rows: tokenizer(rows['text'], truncation=True, max_length=512), batched=True
)
args = TrainingArguments('out', per_device_train_batch_size=8, num_train_epochs=3, fp16=True)
Trainer(model, args, DataCollatorForLanguageModeling(tokenizer, mlm=False), data['train']).train()
`

async function annotations(files: Record<string, string>, path: string) {
  const project = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
  await project.lint()
  const found = project.annotations(path)
  await project.dispose()
  const text = files[path]!
  return found.map((each) => ({ ...each, at: text.slice(each.location.start, each.location.end) }))
}

describe('what stands beside the code', () => {
  it('is the price of a machine, and what the job costs and needs', async () => {
    const found = await annotations({ 'launch.py': launch, 'train.py': train }, 'launch.py')
    assert.deepEqual(
      found.map(({ kind, at }) => [kind, at]),
      [
        ['job', 'PyTorch'],
        ['machine', "'ml.p4d.24xlarge'"],
      ],
    )
    const [job, machine] = found
    assert.equal(machine!.label, '$25.25/h · 8×A100 40GB')
    assert.match(
      job!.label,
      /^\$50\.50\/h on demand · ≈ [\d.]+ s–[\d.]+ min · \$[\d.]+–[\d.]+ a run for each 10,000 samples, at most \$1,200 a run · 16 GPUs · 2 processes · needs \d+–\d+ of 40 GB on each$/,
    )
    assert.match(job!.details, /region not named: us-east-1 is assumed/)
    assert.match(job!.details, /read 2026-09-27/)
    assert.match(job!.details, /batch 8 × 512 tokens/)
    assert.match(job!.details, /\| \*\*expected\*\* \| \*\*[\d.]+ GB\*\* \|/)
  })

  it('is what a run costs where that is known: above the job, and above the training', async () => {
    const known = train.replace("'json', data_files='corpus.json'", "'wikitext', 'wikitext-103-raw-v1'")
    const files = { 'launch.py': launch, 'train.py': known }
    const [job] = await annotations(files, 'launch.py')
    const amount = /^≈ [\d.]+( min| h)?–[\d.]+ (min|h) · \$[\d.]+–[\d,.]+ a run/
    assert.match(job!.label, amount)
    assert.match(job!.details, /^What a run costs:\n\n- an hour: \$51 in us-east-1, assumed\n- hours: /)
    const [training] = await annotations(files, 'train.py')
    assert.deepEqual([training!.kind, training!.at], ['training', 'TrainingArguments'])
    assert.match(training!.label, amount)
    const alone = await annotations({ 'train.py': known }, 'train.py')
    assert.match(alone[0]!.details, /no accelerator is named: on T4 .*; on H100-SXM /)
  })

  it('is what a run costs for each 10,000 samples where nobody has counted them', async () => {
    // A range over all usual accelerators would say too little.
    assert.deepEqual(await annotations({ 'train.py': train }, 'train.py'), [])
    const files = { 'train.py': train, 'costlint.toml': '[hardware]\ndefault = "A100-80GB"\n' }
    const [training] = await annotations(files, 'train.py')
    assert.match(training!.label, /^≈ \S+ (min|h)?–?.* · \$[\d.]+–[\d,.]+ a run for each 10,000 samples$/)
    assert.match(training!.details, /not known: how many samples it trains on/)
  })

  it('says how far the memory goes, and what was assumed of it', async () => {
    const prepared = `from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments
from corpus import data

model = AutoModelForSequenceClassification.from_pretrained('bert-base-uncased')
Trainer(model, TrainingArguments('out', fp16=True), train_dataset=data).train()
`
    const [job] = await annotations({ 'launch.py': launch, 'train.py': prepared }, 'launch.py')
    assert.match(job!.details, /batch 8 × up to 512 tokens/)
    assert.match(
      job!.details,
      /Between \S+ and \S+ GB\. Texts are taken to be as long as the model can read\. A100-40GB has 39 GB for programs: \*\*fits with margin\*\*\.$/,
    )
  })

  it('prices what is attached, spot in two digits, and Capacity Blocks of plain machines only', async () => {
    const pools = `provider "google" {
  region = "us-central1"
}

resource "google_container_node_pool" "gpu" {
  cluster    = "c"
  node_count = 3
  node_config {
    machine_type = "n1-standard-8"
    guest_accelerator {
      type  = "nvidia-tesla-t4"
      count = 2
    }
  }
}

resource "google_container_node_pool" "h100" {
  cluster    = "c"
  node_count = 1
  node_config {
    machine_type = "a3-highgpu-8g"
  }
}

resource "aws_eks_node_group" "one" {
  cluster_name   = "c"
  instance_types = ["p5.48xlarge"]
  scaling_config {
    min_size     = 0
    desired_size = 1
    max_size     = 2
  }
}

resource "aws_eks_node_group" "other" {
  cluster_name   = "c"
  instance_types = ["p5e.48xlarge"]
  scaling_config {
    min_size     = 0
    desired_size = 1
    max_size     = 2
  }
}
`
    const beside = await annotations({ 'pools.tf': pools }, 'pools.tf')
    const [n1, a3, p5, p5e] = beside.filter(({ kind }) => kind === 'machine')
    // One machine in each of three zones.
    assert.equal(beside.find(({ kind }) => kind === 'service')!.label, '≈ $2,400 a month')
    assert.equal(n1!.label, '$1.08/h · 2×T4')
    assert.match(n1!.details, /^\*\*n1-standard-8\*\* with 2×T4 in us-central1/)
    assert.match(a3!.details, /^- spot about \$53 \(/m)
    assert.match(
      p5!.details,
      /^- on demand \$55\.04\n- as a Capacity Block \$41\.53 \(2026-07-22; repriced often\)$/m,
    )
    assert.match(
      p5e!.details,
      /^- as a Capacity Block \$47\.76 \(reserved and paid ahead; it is not sold on demand\)$/m,
    )
    const [, machine] = await annotations({ 'launch.py': launch, 'train.py': train }, 'launch.py')
    assert.doesNotMatch(machine!.details, /Capacity Block/)
  })

  it('tells what a job needs whose master and workers run the same', async () => {
    const replica = (name: string, replicas: number) => `    ${name}:
      replicas: ${replicas}
      template:
        spec:
          nodeSelector: {node.kubernetes.io/instance-type: p4d.24xlarge}
          containers:
            - name: pytorch
              image: team/train
              command: [torchrun, --nproc_per_node=8, train.py]
              resources: {limits: {nvidia.com/gpu: 8}}
`
    const manifest = `apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: finetune}
spec:
  pytorchReplicaSpecs:
${replica('Master', 1)}${replica('Worker', 3)}`
    const found = await annotations({ 'job.yaml': manifest, 'train.py': train }, 'job.yaml')
    const job = found.find(({ kind }) => kind === 'job')!
    assert.match(
      job.label,
      /^\$87\.83\/h on demand, about \$65\/h spot · 32 GPUs · .*needs \d+–\d+ of 40 GB on each$/,
    )
  })

  it('is the price of one machine of a pool', async () => {
    const text = `provider "aws" {
  region = "us-east-1"
}

resource "aws_eks_node_group" "gpu" {
  instance_types = ["g5.12xlarge"]
}
`
    const found = await annotations({ 'main.tf': text }, 'main.tf')
    assert.deepEqual(
      found.map(({ kind, at, label }) => [kind, at, label]),
      [['machine', '"g5.12xlarge"', '$5.67/h · 4×A10G 24GB']],
    )
    assert.doesNotMatch(found[0]!.details, /assumed/)
  })

  it('is the least that a job costs where the platform chooses the machine', async () => {
    const text = 'resources:\n  accelerators: A100-80GB:8\n\nrun: |\n  torchrun --nproc_per_node 8 train.py\n'
    const [job] = await annotations({ 'task.yaml': text }, 'task.yaml')
    assert.match(job!.label, /^from \$[\d.]+\/h on demand.* · 8 GPUs · 8 processes$/)
    assert.match(job!.details, /no machine is named: .+ is the cheapest listed one with 8×A100-80GB/)
  })

  it('is no price for a machine that nobody lists', async () => {
    const found = await annotations({ 'launch.py': launch.replace('p4d.24xlarge', 'p99.huge') }, 'launch.py')
    assert.deepEqual(found, [])
  })

  it('takes the prices of the user', async () => {
    const configuration = '[[prices.machines]]\ntype = "ml.p4d.24xlarge"\nusd-per-hour = 12\n'
    const found = await annotations({ 'launch.py': launch, 'costlint.toml': configuration }, 'launch.py')
    assert.deepEqual(
      found.map((each) => each.label),
      ['$24.00/h on demand · at most $580 a run · 16 GPUs · 2 processes', '$12.00/h · 8×A100 40GB'],
    )
    assert.match(found[0]!.details, /Source: the project's configuration\./)
  })

  it('is the size of a search', async () => {
    const search = `from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

search = GridSearchCV(SVC(), {'C': [1, 10, 100], 'gamma': [0.1, 0.01]}, cv=5)
`
    const found = await annotations({ 'search.py': search }, 'search.py')
    assert.deepEqual(
      found.map(({ kind, label, at, details }) => [kind, label, at, details]),
      [['search', '30 fits', 'GridSearchCV', 'Grid: 3 × 2 = 6 configurations\n\n× 5 folds = 30 fits']],
    )
  })

  it('is nothing for code without machines and searches', async () => {
    assert.deepEqual(await annotations({ 'train.py': train }, 'train.py'), [])
  })
})

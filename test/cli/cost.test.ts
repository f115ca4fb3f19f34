/** `costlint cost` on small projects, through the real engine. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runHere } from './here.js'

const train = `from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
data = load_dataset("imdb").map(lambda rows: tokenizer(rows["text"], truncation=True, max_length=256), batched=True)
args = TrainingArguments("out", per_device_train_batch_size=32, num_train_epochs=3, dataloader_num_workers=8)
Trainer(model=model, args=args, train_dataset=data["train"]).train()
`
const slurm = `#!/bin/bash
#SBATCH --job-name=bert
#SBATCH --gres=gpu:a100:1
#SBATCH --time=24:00:00
python train.py
`
const launcher = `from sagemaker.huggingface import HuggingFace

HuggingFace(
    entry_point="train.py",
    role="training",
    instance_type="ml.g5.2xlarge",
    instance_count=1,
    transformers_version="4.49",
    pytorch_version="2.5",
    py_version="py311",
).fit()
`

interface Entry {
  name: string
  kind: string
  state: string
  hours: { low: number; high: number | null } | null
  usd: { low: number; high: number | null } | null
  usdPerHour: { low: number; high: number } | null
  saving: { low: number; high: number } | null
  per: string
  unknown: string[]
}

async function jobs(files: Record<string, string>): Promise<Entry[]> {
  const { out, code } = await runHere(files, ['cost', '--output-format', 'json'])
  assert.equal(code, 0)
  return JSON.parse(out).jobs
}

const nodePool = `apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  template:
    spec:
      requirements:
        - {key: node.kubernetes.io/instance-type, operator: In, values: ["g4dn.xlarge"]}
        - {key: karpenter.sh/capacity-type, operator: In, values: ["on-demand"]}
`
const cluster = `name: gpu
type: amlcompute
tier: low_priority
size: Standard_NC24s_v3
min_instances: 0
max_instances: 2
`

const ownNetwork = {
  'models/__init__.py': 'from .net import Net\n',
  'models/net.py': `import torch.nn as nn
from .blocks import Head, conv_block

class Net(nn.Module):
    def __init__(self, width=32, skip=None):
        super().__init__()
        layers = []
        for index, (a, b) in enumerate(zip([3, width], [width, 2 * width])):
            layers.append(conv_block(a, b))
        self.features = nn.Sequential(*layers)
        if skip is None:
            self.skip = None
        else:
            self.skip = skip
        self.head = Head(2 * width, 10)

    def forward(self, x):
        x = self.features(x)
        if self.skip is not None:
            x = self.skip(x)
        return self.head(x)
`,
  'models/blocks.py': `import torch.nn as nn

def conv_block(a, b, pool=True):
    layers = [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
    if pool:
        layers += [nn.MaxPool2d(2)]
    return nn.Sequential(*layers)

class Head(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.fc = nn.Linear(features * 8 * 8, classes)
    def forward(self, x):
        return self.fc(x.flatten(1))
`,
  'train.py': `import torch
import torchvision
from torchvision import transforms
from models import Net

def train(model, loader, epochs):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda())
            loss.backward()
            optimizer.step()

if __name__ == "__main__":
    data = torchvision.datasets.CIFAR10(".", train=True, transform=transforms.ToTensor())
    loader = torch.utils.data.DataLoader(data, batch_size=64, shuffle=True)
    model = Net(width=64).cuda()
    train(model, loader, 10)
`,
}

describe('costlint cost', () => {
  it('tells 10,000 samples where nobody has counted them, and adds them to no total', async () => {
    const uncounted = train.replace('load_dataset("imdb")', 'load_dataset("csv", data_files="reviews.csv")')
    const files = { 'job.slurm': slurm.replace('#SBATCH --time=24:00:00\n', ''), 'train.py': uncounted }
    const { out } = await runHere(files, ['cost', '--output-format', 'json'])
    const [{ usd, ofSamples, state }] = JSON.parse(out).jobs
    assert.deepEqual([usd, state, ofSamples.samples], [null, 'no length', 10_000])
    // 3 epochs of 10,000 texts take minutes on an A100, not seconds and not a day.
    assert.ok(ofSamples.hours.low > 0.01 && ofSamples.hours.high < 2, JSON.stringify(ofSamples))
    assert.ok(ofSamples.usd.low > 0.02 && ofSamples.usd.high < 10, JSON.stringify(ofSamples))
    // Of a program with another training of which more is unknown, no part is told.
    const second = `${uncounted}import sys
more = TrainingArguments("more", per_device_train_batch_size=32, num_train_epochs=int(sys.argv[1]))
Trainer(model=model, args=more, train_dataset=data["train"]).train()
`
    const both = await runHere({ ...files, 'train.py': second }, ['cost', '--output-format', 'json'])
    assert.equal(JSON.parse(both.out).jobs[0].ofSamples, null)
    const { out: text } = await runHere(files, ['cost'])
    assert.match(
      text,
      /≈ \S+.* · \$[\d.]+–[\d.]+ a run for each 10,000 samples\n.*not known how many samples/,
    )
    assert.match(text, /0 of 1 job priced/)
  })

  it('takes the accelerators that a SLURM job allows', async () => {
    const job = (constraint: string) =>
      `#!/bin/bash\n#SBATCH --gres=gpu:1\n#SBATCH --time=06:00:00\n#SBATCH --constraint=${constraint}\npython train.py\n`
    const files = (constraint: string) => ({ 'job.slurm': job(constraint), 'main.py': train })
    const [any] = await jobs(files('"a40|l40|a100|q8000"'))
    // From an A40 to an A100; the Quadro has no list price.
    assert.equal(any!.usdPerHour!.low, 0.44)
    assert.ok(any!.usdPerHour!.high > 3 && any!.usdPerHour!.high < 4, JSON.stringify(any!.usdPerHour))
    const [one] = await jobs(files('a100'))
    assert.equal(one!.usdPerHour!.high, any!.usdPerHour!.high)
    // Families, memory, and a card that is ruled out.
    const prices = async (constraint: string) => (await jobs(files(constraint)))[0]!.usdPerHour!
    assert.deepEqual(await prices('"a100&gpu80"'), await prices('a100-80g'))
    assert.notDeepEqual(await prices('a100-80g'), one!.usdPerHour)
    assert.deepEqual(await prices('volta'), await prices('"v100|v100-32g"'))
    assert.deepEqual(await prices('"gpu_mem_48"'), await prices('"a40|rtx_a6000|l40|l40s|rtx6000-ada"'))
    assert.ok((await prices('"!k80"')).high > 2)
    // The names of nodes and networks are no accelerators.
    const [none] = await jobs(files('"ib&node3"'))
    assert.ok(none!.usdPerHour!.low < 1 && none!.usdPerHour!.high > 10)
  })

  it('tells what the runs of a month cost that a clock starts', async () => {
    const cron = `apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 2 * * *"
  jobTemplate:
    spec:
      activeDeadlineSeconds: 7200
      template:
        spec:
          restartPolicy: Never
          nodeSelector: {cloud.google.com/gke-accelerator: nvidia-tesla-t4}
          containers:
            - name: train
              image: registry/train
              command: [python, main.py]
              resources: {limits: {nvidia.com/gpu: 1}}
`
    const { out } = await runHere({ 'cron.yaml': cron, 'main.py': 'print(1)' }, [
      'cost',
      '--output-format',
      'json',
    ])
    const [job] = JSON.parse(out).jobs
    assert.equal(job.schedule.seconds, 86_400)
    // Two hours a night, about 30 nights.
    assert.ok(Math.abs(job.schedule.usd.high / job.usd.high - 30.4) < 0.1, JSON.stringify(job))
    const shown = await runHere({ 'cron.yaml': cron, 'main.py': 'print(1)' }, ['cost'])
    assert.match(shown.out, /every day: at most \$\d+ a month/)
  })

  it('counts the tokens that texts were cut to, not those that a Trainer would cut them to', async () => {
    const tuned = (length: number) => `from datasets import load_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

tokenizer = AutoTokenizer.from_pretrained("Qwen/Qwen2.5-0.5B")
tokenizer.model_max_length = ${length}  # notes are short
data = load_dataset("imdb").map(lambda rows: tokenizer(rows["text"], truncation=True, padding="max_length", max_length=tokenizer.model_max_length), batched=True)
model = AutoModelForCausalLM.from_pretrained("Qwen/Qwen2.5-0.5B")
args = SFTConfig("out", per_device_train_batch_size=8, max_steps=2000)
SFTTrainer(model=model, args=args, train_dataset=data["train"]).train()
`
    const hours = async (length: number) =>
      (await jobs({ 'job.sh': slurm, 'train.py': tuned(length) }))[0]!.hours!
    const [short, long] = [await hours(256), await hours(2048)]
    assert.ok(long.high! / short.high! > 1.7, JSON.stringify([short, long]))
  })

  it('says what is not known of a pool: how many machines it keeps', async () => {
    const { out } = await runHere({ 'pool.yaml': nodePool }, ['cost'])
    assert.match(out, /\$0\.53 an hour/)
    assert.match(out, /0 of 1 job priced; 1 keeps an unknown number of machines\./)
  })

  it('counts a device for each process that a launcher or its file starts', async () => {
    const script = train.replace('"imdb"', '"someone/else"')
    const hourly = async (line: string) => {
      const files = {
        'train.py': script,
        'run.sh': `${line}\n`,
        'accelerate.yaml':
          'compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nnum_machines: 1\nnum_processes: 2\n',
      }
      const [job] = await jobs(files)
      return job!.usdPerHour!
    }
    const one = await hourly('python train.py')
    const two = { low: one.low * 2, high: one.high * 2 }
    assert.deepEqual(await hourly('accelerate launch --config_file accelerate.yaml train.py'), two)
    assert.deepEqual(await hourly('torchrun --nproc_per_node 2 train.py'), two)
    assert.deepEqual(await hourly('torchrun train.py'), one)
  })

  it('prices no accelerator for a program that computes on processors', async () => {
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
    assert.equal(job!.usdPerHour, null)
    assert.ok(job!.unknown.some((one) => one.startsWith('the machine: it computes on processors')))
    const [onGpu] = await jobs({
      'train.py': script.replace('(x)', '(x.cuda())').replace('model =', 'device = "cuda"\nmodel ='),
      'run.sh': 'python train.py\n',
    })
    assert.notEqual(onGpu!.usdPerHour, null)
  })

  it('follows a network of the project through the modules that it is made of', async () => {
    const { out } = await runHere(ownNetwork, ['estimate', 'train.py'])
    // 1,792 + 128 and 73,856 + 256 of the blocks, 81,930 of the head.
    assert.match(out, /Net, 158 k parameters, samples of 3 × 32 × 32/)
    const [job] = await jobs(ownNetwork)
    assert.equal(job!.state, 'priced')
  })

  it('follows the layers of Keras networks: functional, Sequential, made by functions, recurrent', async () => {
    const files = {
      'functional.py': `from tensorflow import keras
from tensorflow.keras import layers

(x, y), (tx, ty) = keras.datasets.cifar10.load_data()
inputs = keras.Input(shape=(32, 32, 3))
h = layers.Conv2D(32, 3, activation="relu", padding="same")(inputs)
h = layers.BatchNormalization()(h)
h = layers.MaxPooling2D()(h)
h = layers.Conv2D(64, (3, 3), activation="relu")(h)
h = layers.Flatten()(h)
model = keras.Model(inputs, layers.Dense(10, activation="softmax")(h))
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=10)
`,
      'grown.py': `import tensorflow as tf
from tensorflow.keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from tensorflow.keras.models import Sequential

def build(units=128):
    model = Sequential()
    model.add(Conv2D(32, kernel_size=(3, 3), activation="relu", input_shape=(28, 28, 1)))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Flatten())
    model.add(Dense(units, activation="relu"))
    model.add(Dropout(0.5))
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
    return model

(x, y), _ = tf.keras.datasets.mnist.load_data()
model = build()
model.fit(x.reshape(-1, 28, 28, 1), y, batch_size=128, epochs=12)
`,
      'recurrent.py': `from tensorflow import keras
from tensorflow.keras import layers

(x, y), _ = keras.datasets.imdb.load_data(num_words=20000)
x = keras.preprocessing.sequence.pad_sequences(x, maxlen=100)
model = keras.Sequential()
model.add(layers.Embedding(20000, 128))
model.add(layers.Bidirectional(layers.LSTM(64)))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile("adam", "binary_crossentropy")
model.fit(x, y, epochs=3)
`,
    }
    const { out } = await runHere(files, ['estimate', '.'])
    // Keras counts 144,970 with the averages of the normalisation, 693,962 and 2,658,945.
    assert.match(out, /model, 145 k parameters, samples of 32 × 32 × 3/)
    assert.match(out, /model, 694 k parameters, samples of 28 × 28 × 1/)
    assert.match(out, /model, 2\.7 M parameters, samples of 100/)
    const found = await jobs(files)
    assert.deepEqual(
      found.map(({ state }) => state),
      ['priced', 'priced', 'priced'],
    )
  })

  it('counts no layers whose channels come first, or whose windows are not readable', async () => {
    const of = (layer: string) => `import sys
from tensorflow import keras
from tensorflow.keras import layers

(x, y), _ = keras.datasets.cifar10.load_data()
model = keras.Sequential([
    keras.Input(shape=(32, 32, 3)),
    ${layer},
    layers.Flatten(),
    layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x / 255, y, epochs=10)
`
    const counted = await runHere({ 'train.py': of('layers.Conv2D(32, 3)') }, ['estimate', '.'])
    assert.match(counted.out, /k parameters/)
    for (const layer of [
      'layers.Conv2D(32, 3, data_format="channels_first")',
      'layers.Conv2D(32, int(sys.argv[1]))',
    ])
      assert.doesNotMatch(
        (await runHere({ 'train.py': of(layer) }, ['estimate', '.'])).out,
        /parameters/,
        layer,
      )
  })

  it('counts the samples that are taken of a data set, whatever the layers are activated by', async () => {
    const of = (taken: string) => `import tensorflow as tf
from tensorflow import keras

(x_train, y_train), _ = keras.datasets.mnist.load_data()
${taken}
print(x_train[:9])
model = keras.Sequential([
    keras.layers.Flatten(input_shape=(28, 28)),
    keras.layers.Dense(512, activation=tf.nn.relu),
    keras.layers.Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(x_train, y_train, epochs=100)
`
    const low = async (taken: string) => (await jobs({ 'train.py': of(taken) }))[0]!.hours!.low
    const all = await low('x_valid, x_train = x_train[:5000], x_train[5000:]')
    const fifth = await low('x_train, y_train = x_train[::5], y_train[::5]')
    const few = await low('x_train = x_train[:600]')
    assert.ok(Math.abs(all / fifth - 5) < 0.01, `${all} ${fifth}`)
    // 19 batches instead of 1,875.
    assert.ok(Math.abs(all / few - 1875 / 19) < 0.1, `${all} ${few}`)
  })

  it('bounds a notebook by how long its service keeps a session, and takes the card that it gives', async () => {
    const cell = {
      cell_type: 'code',
      metadata: {},
      outputs: [],
      execution_count: null,
      source: ['import wandb'],
    }
    const notebook = (metadata: object) =>
      JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 0 })
    const found = await jobs({
      'colab.ipynb': notebook({ accelerator: 'GPU' }),
      'kaggle.ipynb': notebook({ kaggle: { accelerator: 'nvidiaTeslaT4' } }),
    })
    assert.deepEqual(
      found.map(({ state, hours }) => [state, hours]),
      [
        ['bounded', { low: 0, high: 24 }],
        ['bounded', { low: 0, high: 12 }],
      ],
    )
    assert.deepEqual(found[0]!.unknown, ['how long the notebook is open'])
    // One T4 against two.
    assert.equal(found[1]!.usdPerHour!.high, 2 * found[0]!.usdPerHour!.high)
  })

  it('does not count a pool that may shrink to nothing as always on', async () => {
    const { out } = await runHere({ 'cluster.yml': cluster }, ['cost'])
    assert.doesNotMatch(out, /Always on/)
    assert.match(out, /0 of 1 job priced; 1 may shrink to nothing\./)
    // Two machines at 12.24 USD, of which low priority takes off half at least.
    assert.match(out, /at most \$8,900 a month/)
    assert.match(out, /no spot price is known: 20 to 50 % of the price on demand is assumed/)
  })

  it('saves of a pool that grows no more than what its least number of machines costs', async () => {
    const file = `cluster_name: tune
max_workers: 8
provider: {type: aws, region: us-east-1}
available_node_types:
  head:
    node_config: {InstanceType: m5.large}
    resources: {}
  worker:
    min_workers: 2
    max_workers: 8
    node_config: {InstanceType: g4dn.xlarge, InstanceMarketOptions: {MarketType: spot}}
    resources: {}
head_node_type: head
`
    const { out } = await runHere({ 'cluster.yaml': file }, ['cost'])
    // Two to eight machines at 0.19 USD on spot, of which half to nine tenths of two can be saved.
    assert.match(out, /\$280–1,100 a month · of which \$140–250 can be saved/)
  })

  const queue = (capacity: string) => `Region: us-east-1
HeadNode:
  InstanceType: m5.large
Scheduling:
  Scheduler: slurm
  SlurmQueues:
    - Name: gpu
      CapacityType: ${capacity}
      ComputeResources:
        - Name: nodes
          InstanceType: g5.12xlarge
          MinCount: 3
          MaxCount: 3
`

  it('saves of each machine of a pool what spot capacity saves, and of the rest what idle ones cost', async () => {
    const [found] = await jobs({ 'cluster.yaml': queue('ONDEMAND') })
    // Spot leaves 46.2 to 44.1 % of the bill, of which half to nine tenths is for nothing.
    const { low, high } = found!.saving!
    const share = (part: number) => Math.round((100 * part) / found!.usd!.low)
    assert.deepEqual([share(low), share(high)], [77, 96])
  })

  it('does not bill capacity that is reserved as if it were bought on demand', async () => {
    const { out } = await runHere({ 'cluster.yaml': queue('CAPACITY_BLOCK') }, ['cost'])
    assert.doesNotMatch(out, /Always on|a month/)
    assert.match(out, /what its reserved capacity costs, which is agreed or paid ahead/)
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

  it('saves once where two pieces of advice change the same: the card, and what it computes in', async () => {
    const old = launcher
      .replace('ml.g5.2xlarge', 'ml.p3.2xlarge')
      .replace(').fit()', '    max_run=86400,\n).fit()')
    const unknown = train.replace('per_device_train_batch_size=32', 'per_device_train_batch_size=n')
    const files = { 'train.py': unknown, 'launch.py': old }
    const { out } = await runHere(files, ['check', '--output-format', 'json'])
    const shares: Record<string, number> = {}
    for (const { rule, saving } of JSON.parse(out).findings)
      if (saving !== null) shares[rule] = saving.fraction[1]
    const [cheaper, faster] = [shares['compute/unsuitable-accelerator']!, shares['precision/full-precision']!]
    assert.ok(cheaper > 0.5 && faster > 0.3, JSON.stringify(shares))
    const [job] = await jobs(files)
    const others = Object.entries(shares).filter(([rule]) => !/unsuitable|full-precision/.test(rule))
    const left = others.reduce((rest, [, share]) => rest * (1 - share), 1 - Math.max(cheaper, faster))
    assert.ok(Math.abs(job!.saving!.high / job!.usd!.high! - (1 - left)) < 0.001, JSON.stringify(job))
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

  it('counts the machines of all worker pools', async () => {
    const machine =
      "'machine_spec': {'machine_type': 'n1-standard-8', 'accelerator_type': 'NVIDIA_TESLA_T4', 'accelerator_count': 1}"
    const pool = (count: number) =>
      `{${machine}, 'replica_count': ${count}, 'container_spec': {'image_uri': 'team/train'}}`
    const job = (...pools: string[]) => `from google.cloud import aiplatform

job = aiplatform.CustomJob(display_name='train', worker_pool_specs=[${pools.join(', ')}])
job.run(timeout=86400)
`
    const [one] = await jobs({ 'run.py': job(pool(1)) })
    const [four] = await jobs({ 'run.py': job(pool(1), pool(3)) })
    assert.ok(one!.usdPerHour!.high > 0)
    assert.ok(Math.abs(four!.usdPerHour!.high - 4 * one!.usdPerHour!.high) < 1e-6)
  })

  it('names what is not known, and is told it by the configuration', async () => {
    const local = train.replace('load_dataset("imdb")', 'load_dataset("csv", data_files="reviews.csv")')
    const files = { 'train.py': local, 'job.slurm': slurm }
    const [bounded] = await jobs(files)
    assert.equal(bounded!.state, 'bounded')
    assert.equal(bounded!.hours!.high, 24)
    assert.match(bounded!.unknown.join(), /how many samples/)
    const told = '[[runs]]\npath = "train.py"\nsamples = 25000\n'
    const [known] = await jobs({ ...files, 'costlint.toml': told })
    assert.equal(known!.state, 'priced')
    const hours = '[[runs]]\npath = "train.py"\nhours = 2\n'
    const [exact] = await jobs({ ...files, 'costlint.toml': hours })
    assert.deepEqual(exact!.hours, { low: 2, high: 2 })
  })

  it('multiplies by the trials of a search', async () => {
    const one = await jobs({ 'train.py': train, 'launch.py': launcher })
    const [imports, body] = train.split('\n\n') as [string, string]
    const search = `import optuna
${imports}

def objective(trial):
    ${body.trim().replaceAll('\n', '\n    ').replace('args = ', 'rate = trial.suggest_float("rate", 1e-6, 1e-4, log=True)\n    args = ').replace('"out",', '"out", learning_rate=rate,')}
    return 0.0

optuna.create_study(pruner=optuna.pruners.NopPruner()).optimize(objective, n_trials=20)
`
    const [many] = await jobs({ 'train.py': search, 'launch.py': launcher })
    // The machine starts once for all of them: four minutes more at most.
    const [trials, single] = [many!, one[0]!].map(({ hours }) => hours!.high! - 4 / 60) as [number, number]
    assert.ok(Math.abs(trials / single - 20) < 1e-6, JSON.stringify(many))
  })

  it('multiplies by the folds that each trial trains', async () => {
    const body = `model = torchvision.models.resnet50().cuda()
loader = torch.utils.data.DataLoader(data, batch_size=128, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=trial.suggest_float('lr', 1e-4, 1e-1))
for epoch in range(30):
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()`
    const study = (lines: string) => `import optuna
import torch
import torchvision
from sklearn.model_selection import KFold

data = torchvision.datasets.CIFAR10('data', transform=torchvision.transforms.ToTensor())

def objective(trial):
    ${lines.replaceAll('\n', '\n    ')}
    return loss.item()

optuna.create_study(pruner=optuna.pruners.NopPruner()).optimize(objective, n_trials=20)
`
    const inFolds = `for train, test in KFold(n_splits=5).split(data):\n    ${body.replaceAll('\n', '\n    ')}`
    const hours = async (lines: string) =>
      (await jobs({ 'train.py': study(lines), 'job.slurm': slurm.replace(/.*--time.*\n/, '') }))[0]!.hours!
        .high!
    const [once, folded] = [await hours(body), await hours(inFolds)]
    assert.ok(Math.abs(folded / once - 5) < 0.05, `${once} ${folded}`)
  })

  it('takes the choices of an option without a default for the bounds of a batch', async () => {
    const chosen = train
      .replace('\n\n', '\nimport argparse\n\np = argparse.ArgumentParser()\n')
      .replace(
        'tokenizer =',
        "p.add_argument('--batch', type=int, choices=[16, 32], required=True)\noptions = p.parse_args()\ntokenizer =",
      )
      .replace('batch_size=32', 'batch_size=options.batch')
    const [found] = await jobs({ 'train.py': chosen, 'job.slurm': slurm })
    assert.equal(found!.state, 'priced')
  })

  it('bills what is always on by the month', async () => {
    const pool = `resource "aws_eks_node_group" "gpu" {
  cluster_name   = "ml"
  instance_types = ["g5.xlarge"]
  scaling_config {
    desired_size = 2
    min_size     = 2
    max_size     = 2
  }
}
`
    const [found] = await jobs({ 'pool.tf': pool })
    assert.deepEqual([found!.kind, found!.per], ['pool', 'month'])
    // 2 × 730 h at $1.006.
    assert.equal(Math.round(found!.usd!.low), 1469)
  })

  it('counts the machines of a pool in each of its zones', async () => {
    const pool = (place: string) => `resource "google_container_node_pool" "gpu" {
  cluster    = "training"
  ${place}
  node_count = 2
  node_config { machine_type = "a2-highgpu-1g" }
}
`
    const month = async (place: string) => (await jobs({ 'pool.tf': pool(place) }))[0]!.usd!.low
    const zonal = await month('location = "us-central1-a"')
    const named = 'location = "us-central1"\n  node_locations = ["us-central1-a", "us-central1-b"]'
    assert.equal((await month(named)) / zonal, 2)
    assert.equal((await month('location = "us-central1"')) / zonal, 3)
  })

  it('saves of a pool that its cards price no more than the machines of its minimum cost', async () => {
    const pool = (most: number) => `resource "google_container_node_pool" "gpu" {
  cluster  = "serving"
  location = "us-central1-a"
  autoscaling {
    min_node_count = 1
    max_node_count = ${most}
  }
  node_config {
    machine_type = "n1-standard-4"
    spot = true
    guest_accelerator {
      type  = "nvidia-l4"
      count = 1
    }
  }
}
`
    const saved = async (most: number) => (await jobs({ 'pool.tf': pool(most) }))[0]!
    const [one, nine] = [await saved(1), await saved(9)]
    assert.ok(nine.usd!.high! > 5 * one.usd!.high!)
    assert.ok(nine.saving!.high! <= one.usd!.high!, JSON.stringify([one, nine]))
  })

  it('bills machines by the month that stay up until somebody stops them, and not what stops by itself', async () => {
    const instance = 'resource "aws_instance" "dev" {\n  instance_type = "p3.8xlarge"\n}\n'
    const [workstation] = await jobs({ 'main.tf': instance })
    assert.equal(workstation!.kind, 'service')
    assert.equal(workstation!.per, 'month')
    assert.equal(Math.round(workstation!.usd!.low / 100), 89)
    assert.ok(workstation!.saving!.high > 0.5 * workstation!.usd!.low)
    const stopping = 'resources:\n  accelerators: A100:1\n  autostop: 30m\nrun: echo ready\n'
    assert.deepEqual(
      (await jobs({ 'dev.yaml': stopping })).filter(({ per }) => per === 'month'),
      [],
    )
  })

  it('says in words, in Markdown and in CSV what it says in JSON', async () => {
    const files = { 'train.py': train, 'launch.py': launcher, 'none.py': 'x = 1\n' }
    const text = await runHere(files, ['cost'])
    assert.match(text.out, /launch\.py:3 .*ml\.g5\.2xlarge/)
    assert.match(text.out, / a run · of which /)
    assert.match(text.out, /\n1 of 1 job priced\.\n$/)
    const markdown = await runHere(files, ['cost', '--output-format', 'markdown'])
    assert.match(markdown.out, /^\| job \| machine \| hours \| cost \| can be saved \|\n/)
    const csv = await runHere(files, ['cost', '--output-format', 'csv'])
    assert.equal(csv.out.trim().split('\r\n').length, 2)
    assert.match(csv.out, /^kind,name,path,line,instance_type/)
  })

  describe('with a budget', () => {
    const files = { 'train.py': train, 'launch.py': launcher }
    const budget = (text: string) => ({ ...files, 'costlint.toml': `[budget]\n${text}\n` })

    it('ends with 3 where a run costs more than it may', async () => {
      const over = await runHere(budget('usd-per-run = 0.1'), ['cost'])
      assert.equal(over.code, 3)
      assert.match(
        over.out,
        /A run costs \$0\.21–0\.69, more than the \$0\.10 that `\[budget\] usd-per-run` allows/,
      )
      const within = await runHere(budget('usd-per-run = 5'), ['cost'])
      assert.equal(within.code, 0)
    })

    it('is a finding of check, at the job', async () => {
      const { out, code } = await runHere(budget('usd-per-run = 0.1'), ['check'])
      assert.equal(code, 3)
      assert.match(out, /error\[costlint\/budget\]: A run costs [\s\S]*--> launch\.py:3:1/)
      const maybe = await runHere(budget('usd-per-run = 0.4'), ['check'])
      assert.match(maybe.out, /warning\[costlint\/budget\]: A run may cost more/)
      const off = await runHere(budget('usd-per-run = 0.1\n[severity]\n"costlint/budget" = "off"'), ['check'])
      assert.equal(off.code, 0)
    })

    it('allows the machines that it names', async () => {
      assert.equal((await runHere(budget('machines = ["ml.g5.*"]'), ['cost'])).code, 0)
      assert.equal((await runHere(budget('machines = ["a10g"]'), ['cost'])).code, 0)
      const refused = await runHere(budget('machines = ["ml.g4dn.*", "t4"]'), ['cost'])
      assert.equal(refused.code, 3)
      assert.match(
        refused.out,
        /ml\.g5\.2xlarge is not among the machines that `\[budget\] machines` allows: ml\.g4dn\.\*, t4/,
      )
    })

    it('asks for tags', async () => {
      assert.equal((await runHere(budget('tags = true'), ['cost'])).code, 3)
      const tagged = launcher.replace(
        'role="training"',
        'role="training",\n    tags=[{"Key": "team", "Value": "nlp"}]',
      )
      assert.equal((await runHere({ ...budget('tags = true'), 'launch.py': tagged }, ['cost'])).code, 0)
    })
  })

  describe('--compare', () => {
    const commit = (root: string) => {
      const git = (...args: string[]) =>
        execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
          cwd: root,
          stdio: 'pipe',
        })
      git('init', '-q')
      git('add', '-A')
      git('commit', '-qm', 'first')
    }
    const files = { 'train.py': train, 'launch.py': launcher }

    it('says what the change adds', async () => {
      const { out, code } = await runHere(files, ['cost', '--compare', 'HEAD'], (root) => {
        commit(root)
        writeFileSync(join(root, 'train.py'), train.replace('num_train_epochs=3', 'num_train_epochs=30'))
      })
      assert.equal(code, 0)
      assert.match(out, /^~ launch\.py:3 train\.py: ml\.g5\.2xlarge, .* a run, was .*\(adds \$1\.60–/)
      assert.match(out, /\nAgainst HEAD this adds \$1\.60–\S+ for a run of each job\.\n$/)
    })

    it('says what came and went, also as Markdown and JSON', async () => {
      const change = (root: string) => {
        commit(root)
        writeFileSync(join(root, 'launch.py'), 'x = 1\n')
        writeFileSync(join(root, 'jobs.py'), launcher.replace('ml.g5.2xlarge', 'ml.g4dn.xlarge'))
      }
      const text = await runHere(files, ['cost', '--compare', 'HEAD'], change)
      assert.match(text.out, /^- launch\.py:3 train\.py: gone, was /m)
      assert.match(text.out, /^\+ jobs\.py:3 train\.py: new, /m)
      const markdown = await runHere(
        files,
        ['cost', '--compare', 'HEAD', '--output-format', 'markdown'],
        change,
      )
      assert.match(markdown.out, /^Against HEAD this /)
      const json = await runHere(files, ['cost', '--compare', 'HEAD', '--output-format', 'json'], change)
      assert.equal(JSON.parse(json.out).changes.length, 2)
    })

    it('says so where nothing changed', async () => {
      const { out } = await runHere(files, ['cost', '--compare', 'HEAD'], commit)
      assert.equal(out, 'The bill is the same as at HEAD.\n')
    })

    it('starts nothing that the repository names, also where objects are missing', async () => {
      let started = ''
      await runHere(files, ['cost', '--compare', 'HEAD'], (root) => {
        commit(root)
        started = `${root}-started`
        const git = (...args: string[]) =>
          execFileSync('git', args, { cwd: root, stdio: 'pipe' }).toString().trim()
        git('config', 'remote.origin.url', `ext::touch ${started.replaceAll(' ', '% ')}`)
        git('config', 'remote.origin.promisor', 'true')
        git('config', 'extensions.partialClone', 'origin')
        git('config', 'core.repositoryFormatVersion', '1')
        git('config', 'protocol.ext.allow', 'always')
        const id = git('rev-parse', 'HEAD:train.py')
        rmSync(join(root, '.git', 'objects', id.slice(0, 2), id.slice(2)))
      })
      const isStarted = existsSync(started)
      rmSync(started, { force: true })
      assert.equal(isStarted, false)
    })

    it('refuses what git does not know', async () => {
      const { err, code } = await runHere(files, ['cost', '--compare', 'nowhere'], commit)
      assert.equal(code, 2)
      assert.match(err, /--compare: git cannot read "nowhere"/)
    })
  })

  it('check ends with what the jobs cost', async () => {
    const files = { 'train.py': train, 'launch.py': launcher }
    const { out } = await runHere(files, ['check'])
    assert.match(
      out,
      /A run of each job costs \$0\.21–0\.69, of which \S+ can be saved \(1 of 1 job priced; costlint cost shows them\)\.\n$/,
    )
    const json = await runHere(files, ['check', '--output-format', 'json'])
    const { total, coverage } = JSON.parse(json.out).summary.cost
    assert.ok(total.run.saving.high <= total.run.usd.high)
    assert.equal(coverage.byState.priced, 1)
  })

  it('says so where nothing costs anything', async () => {
    const { out } = await runHere({ 'none.py': 'x = 1\n' }, ['cost'])
    assert.match(out, /^Nothing found that costs money/)
  })

  it('lists a search and a training whose length nothing tells', async () => {
    const search = `import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV

table = pd.read_parquet("churn.parquet")
search = GridSearchCV(RandomForestClassifier(), {"max_depth": [4, 8, 16], "n_estimators": [200, 500]}, cv=5)
search.fit(table.drop(columns="y"), table["y"])
`
    const other = `import paddle
import paddle.nn.functional as F
from reviews import Reviews

net = paddle.vision.models.resnet50()
optimizer = paddle.optimizer.AdamW(1e-4, parameters=net.parameters())
for epoch in range(10):
    for x, y in paddle.io.DataLoader(Reviews(), batch_size=32):
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
`
    const { out } = await runHere({ 'search.py': search, 'train.py': other }, ['cost'])
    assert.match(
      out,
      /search\.py:6 not known .*how many rows its table has: .* \(its searches make 30 fits\)/,
    )
    assert.match(out, /train\.py:\d+ not known how long train\.py trains/)
    assert.match(out, /0 of 2 jobs priced; 2 take an unknown time/)
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

  it('takes longer where the training process loads its samples by itself', async () => {
    const script = (workers: number) => `import torch
import torchvision
from torchvision import transforms

data = torchvision.datasets.CIFAR10("data", train=True, transform=transforms.ToTensor())
loader = torch.utils.data.DataLoader(data, batch_size=128, shuffle=True, num_workers=${workers})
model = torchvision.models.resnet18(num_classes=10).cuda()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
criterion = torch.nn.CrossEntropyLoss()
for epoch in range(100):
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x.cuda()), y.cuda())
        loss.backward()
        optimizer.step()
`
    const hours = async (workers: number) =>
      (await jobs({ 'train.py': script(workers), 'job.slurm': slurm }))[0]!.hours!
    const [alone, shared] = [await hours(0), await hours(8)]
    // Five million small pictures, 20 to 300 µs each.
    assert.ok(Math.abs(alone.low - shared.low - 100 / 3600) < 1e-6, `${alone.low} ${shared.low}`)
    assert.ok(Math.abs(alone.high! - shared.high! - 1500 / 3600) < 1e-6, `${alone.high} ${shared.high}`)
  })
})

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

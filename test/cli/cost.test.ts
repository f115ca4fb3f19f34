/** `costlint cost` on small projects, through the real engine. */
import assert from 'node:assert/strict'
import { jobs, launcher, slurm, train } from './cost-projects.js'
import { runHere } from './here.js'

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
      /search\.py:6 \(training, processors\)\n {2}≈ .* for each 10,000 samples\n {2}not known how many rows its table has: .* \(its searches make 30 fits\)/,
    )
    assert.match(out, /train\.py:\d+ not known how long train\.py trains/)
    assert.match(out, /0 of 2 jobs priced; 2 take an unknown time/)
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

/** Python that goes on and on, a shape for each thing that is worked out from code. */
import { head, rep, type Shape } from './shape.js'

const python = (pieces: number, text: Shape['text']): Shape => ({ path: 'a.py', pieces, text })
const loop = (body: string) =>
  `${head}for epoch in range(10):\n    for x, y in DataLoader(ds, batch_size=8):\n        loss = model(x).sum()\n        loss.backward()\n        opt.step()\n${body}`

export const code: Record<string, Shape> = {
  'names: assignments that unpack': python(
    150,
    (n) => `${head}a, b = 1, 2\n${rep(n, () => 'a, b = b, a\n')}DataLoader(ds, batch_size=a)\n`,
  ),
  'names: one that each function declares global': python(
    150,
    (n) =>
      `${head}size = 1\n${rep(n, (i) => `def f${i}():\n    global size\n    size = ${i}\n`)}DataLoader(ds, batch_size=size)\n`,
  ),
  'names: attributes made of each other': python(
    150,
    (n) =>
      `${head}class A:\n    def __init__(self):\n        self.a0 = 1\n${rep(n, (i) => `        self.a${i + 1} = self.a${i}\n`)}        DataLoader(ds, batch_size=self.a${n})\n`,
  ),
  'devices: attributes that are each assigned the others': {
    ...python(
      40,
      (n) =>
        `${head}class A:\n    def __init__(self):\n${rep(n, () => '        self.device = self.dev\n        self.dev = self.device\n')}    def run(self):\n        for x in DataLoader(ds):\n            x = x.to(self.device)\n`,
    ),
    // Each of the assignments may be what each of the others holds.
    mostGrowth: 2.5,
  },
  'devices: one that a module names again and again': python(
    400,
    (n) => `${head}${rep(n, () => 'device = torch.device("cuda")\n')}${rep(n, () => 'model.to(device)\n')}`,
  ),
  'names: aliases of aliases': python(
    150,
    (n) =>
      `import torch\nt0 = torch\n${rep(n, (i) => `t${i + 1} = t${i}\n`)}t${n}.utils.data.DataLoader(ds)\n`,
  ),
  'names: wide imports': python(
    150,
    (n) => `from m import (${rep(n, (i) => `f${i}, `)})\n${rep(n, (i) => `f${i}()\n`)}`,
  ),
  'names: functions in functions': python(
    12,
    (n) => `${head}${rep(n, (i) => `${' '.repeat(i)}def f${i}(a):\n`)}${' '.repeat(n)}return a\nf0(1)\n`,
  ),
  'folding: a sum of many': python(
    400,
    (n) => `${head}DataLoader(ds, batch_size=1${rep(n, (i) => ` + ${i}`)})\n`,
  ),
  'folding: sums of variables': python(
    150,
    (n) => `${head}x0 = 1\n${rep(n, (i) => `x${i + 1} = x${i} + x${i}\n`)}DataLoader(ds, batch_size=x${n})\n`,
  ),
  'folding: a dictionary literal': python(
    300,
    (n) =>
      `${head}config = {${rep(n, (i) => `'a${i}': ${i}, `)}}\n${rep(n, (i) => `DataLoader(ds, batch_size=config['a${i}'])\n`)}`,
  ),
  'folding: dictionaries in dictionaries': python(
    80,
    (n) =>
      `${head}config = ${"{'a': ".repeat(n)}1${'}'.repeat(n)}\nDataLoader(ds, batch_size=config${"['a']".repeat(n)})\n`,
  ),
  'folding: merged dictionaries': python(
    80,
    (n) =>
      `${head}c0 = {'a': 1}\n${rep(n, (i) => `c${i + 1} = {**c${i}, 'a': ${i}}\n`)}DataLoader(ds, batch_size=c${n}['a'])\n`,
  ),
  'folding: a formatted string': python(
    150,
    (n) => `import os\na = 1\nos.system(f"python train.py${rep(n, (i) => ` --a${i} {a}`)}")\n`,
  ),
  'preparation: samples that one function reads, which is called again and again': python(
    100,
    (n) =>
      `import librosa\n${loop('')}def read():\n${rep(n, (i) => `    a${i} = librosa.load('${i}')\n`)}\ndef all():\n${rep(n, () => '    read()\n')}\nall()\n`,
  ),
  'folding: strings joined': python(
    150,
    (n) => `import os\nc = 'python train.py'\n${rep(n, (i) => `c += ' --a${i} 1'\n`)}os.system(c)\n`,
  ),
  // Each is a scope of its own, and a name is looked for in all that are around it: nobody nests deeply.
  'folding: comprehensions in comprehensions': {
    ...python(
      12,
      (n) =>
        `${head}x = ${'['.repeat(n)}1${rep(n, (i) => ` for i${i} in range(3)]`)}\nDataLoader(ds, batch_size=len(x))\n`,
    ),
    // Each is a scope of its own, and a name is looked for in all that are around it; nobody nests deeply.
    mostGrowth: 2,
  },
  'folding: one choice after another': python(
    80,
    (n) => `${head}x = ${rep(n, (i) => `${i} if a == ${i} else `)}0\nDataLoader(ds, batch_size=x)\n`,
  ),
  'folding: calls of calls': python(
    80,
    (n) => `${head}def f(a):\n    return a\nDataLoader(ds, batch_size=${'f('.repeat(n)}1${')'.repeat(n)})\n`,
  ),
  'folding: what changes in loops': python(
    80,
    (n) => `${head}x = 1\n${rep(n, () => 'for i in range(3):\n    x *= 2\n')}DataLoader(ds, batch_size=x)\n`,
  ),
  'conditions: a chain of strings': python(
    150,
    (n) =>
      `${head}mode = args.mode\nif mode == 'x':\n    n = 0\n${rep(n, (i) => `elif mode == 'a${i}':\n    n = ${i}\n    DataLoader(ds, batch_size=n)\n`)}`,
  ),
  'conditions: cases of a match': python(
    150,
    (n) =>
      `${head}match mode:\n${rep(n, (i) => `    case 'a${i}':\n        size = ${i}\n`)}DataLoader(ds, batch_size=size)\n`,
  ),
  'conditions: one with many parts': python(
    400,
    (n) => `${head}if a${rep(n, (i) => ` and b${i} == ${i}`)}:\n    DataLoader(ds, batch_size=8)\n`,
  ),
  'dead code: returns one after another': python(
    150,
    (n) =>
      `${head}def f(a):\n${rep(n, (i) => `    if a == ${i}:\n        return DataLoader(ds, batch_size=${i})\n`)}f(3)\n`,
  ),
  'dead code: exits in a script': python(
    150,
    (n) => `import sys\n${head}${rep(n, (i) => `if a${i}:\n    sys.exit()\nx = model(x).cuda()\n`)}`,
  ),
  'effects: many loops in one function': python(
    80,
    (n) =>
      `${head}def train(loader):\n${rep(n, (i) => `    for x${i} in loader:\n        model(x${i}).sum().backward()\n        opt.step()\n`)}train(DataLoader(ds))\n`,
  ),
  'effects: loops in loops': python(
    12,
    (n) =>
      `${head}${rep(n, (i) => `${' '.repeat(i)}for i${i} in range(3):\n`)}${' '.repeat(n)}model(x).sum().backward(); opt.step()\n`,
  ),
  'effects: methods that call each other': python(
    100,
    (n) =>
      `${head}class A:\n${rep(n, (i) => `    def f${i}(self, x):\n        self.f${i + 1}(x)\n        self.f${i + 2}(x).item()\n`)}for x in DataLoader(ds):\n    A().f0(x)\n`,
  ),
  'effects: reads in loops of functions that each call the next twelve times': python(
    3,
    (n) =>
      `${head}${rep(n, (i) => `def f${i}(ps):\n    for p in ps:\n        for q in model.parameters():\n            print(p.grad.sum().item(), [r.grad.item() for r in ps])\n${rep(12, () => `            f${i + 1}(ps)\n`)}`)}def f${n}(ps):\n    return ps\nfor epoch in range(10):\n    for x in DataLoader(ds, batch_size=8):\n        model(x).sum().backward()\n        f0(model.parameters())\n        opt.step()\n`,
  ),
  'evaluations: functions that each call all the others': {
    ...python(
      14,
      (n) =>
        `import torch\n${rep(n, (i) => `def check${i}(model, batch):\n${rep(n, (j) => (i === j ? '' : `    check${j}(model, batch)\n`))}`)}model = torch.nn.Linear(10, 10)\nopt = torch.optim.Adam(model.parameters())\nfor step in range(100000):\n    x = get()\n    loss = model(x).sum()\n    loss.backward()\n    opt.step()\n    opt.zero_grad()\n    if step % 100 == 0:\n        check0(model, x)\n`,
    ),
    // What a call passes tells how many batches a function takes, so each call is counted by itself.
    mostGrowth: 2,
  },
  'checkpoints: callers in five rows that each call the whole row before': python(
    8,
    (n) =>
      `${head}def f0(path):\n    return torch.load(path)\n${rep(5, (row) => rep(n, (i) => `def ${row === 3 ? 'evaluate_' : ''}r${row}_${i}(path):\n${row === 0 ? '    f0(path)\n' : rep(n, (j) => `    ${row === 4 ? 'evaluate_' : ''}r${row - 1}_${j}(path)\n`)}`))}${loop('        torch.save(model, path)\n')}r4_0(path)\n`,
  ),
  'tables: one that each of many tests may replace': python(
    10,
    (n) =>
      `${head}import pandas as pd\ndef run(loader):\n    orders = read()\n${rep(n, (i) => `    if flags[${i}]:\n        orders = orders.step${i}(1)\n`)}    for epoch in range(10):\n        for x in loader:\n            loss = model(x).sum()\n            loss.backward()\n            opt.step()\n        orders.groupby('a').mean()\n`,
  ),
  'callbacks: functions that each give back what any other makes': python(
    10,
    (n) =>
      `from lightning.pytorch import Trainer\n${rep(n, (i) => `def make${i}(x):\n${rep(n, (j) => `    if x == ${j}:\n        return make${j}(x)\n`)}`)}trainer = Trainer(max_epochs=100, callbacks=[make0(1)])\ntrainer.fit(model, loader)\n`,
  ),
  'effects: reads in many loops of one step': python(
    60,
    (n) =>
      `${head}for epoch in range(10):\n    for x in DataLoader(ds, batch_size=8):\n        loss = model(x).sum()\n        loss.backward()\n${rep(n, (i) => `        for p in model.parameters():\n            a${i} = [q.item() for q in p.grad]\n`)}        opt.step()\n`,
  ),
  'effects: helpers called in a step': python(
    100,
    (n) =>
      `${head}${rep(n, (i) => `def log${i}(loss):\n    print(loss.item())\n`)}${loop(rep(n, (i) => `        log${i}(loss)\n`))}`,
  ),
  'passed values: a chain of calls': python(
    100,
    (n) =>
      `${head}${rep(n, (i) => `def f${i}(size, workers):\n    return f${i + 1}(size, workers)\n`)}def f${n}(size, workers):\n    return DataLoader(ds, batch_size=size, num_workers=workers)\nf0(8, 0)\n`,
  ),
  'passed values: many callers of one function': python(
    100,
    (n) =>
      `${head}def load(size, workers=0):\n    return DataLoader(ds, batch_size=size, num_workers=workers)\n${rep(n, (i) => `load(${i})\n`)}`,
  ),
  'passed values: many parameters': python(
    100,
    (n) =>
      `${head}def load(${rep(n, (i) => `a${i}=${i}, `)}):\n    return DataLoader(ds, batch_size=a0)\nload(${rep(n, (i) => `a${i}=${i}, `)})\n`,
  ),
  'passed values: **options handed on': python(
    80,
    (n) =>
      `${head}${rep(n, (i) => `def f${i}(**options):\n    return f${i + 1}(a${i}=1, **options)\n`)}def f${n}(**options):\n    return DataLoader(ds, **options)\nf0(num_workers=0)\n`,
  ),
  'passed values: **options handed on by seven callers each': python(
    3,
    (n) =>
      `from transformers import Trainer, TrainingArguments\n${rep(n, (i) => `def f${i}(**kw):\n${rep(7, (j) => `    f${i + 1}(**kw, a${j}=1)\n`)}`)}def f${n}(**kw):\n    Trainer(m, TrainingArguments(**kw)).train()\nf0(x=1)\n`,
  ),
  'passed values: a file handed on by twelve callers each': python(
    3,
    (n) =>
      `${head}import yaml\n${rep(n, (i) => `def f${i}(path):\n${rep(12, () => `    f${i + 1}(path)\n`)}`)}def f${n}(path):\n    with open(path) as file:\n        c = yaml.safe_load(file)\n    return DataLoader(ds, num_workers=c['workers'])\nf0('a.yaml')\n`,
  ),
  'passed values: partial of partial': python(
    100,
    (n) =>
      `${head}from functools import partial\np0 = partial(DataLoader, ds)\n${rep(n, (i) => `p${i + 1} = partial(p${i}, num_workers=0)\n`)}p${n}()\n`,
  ),
  'passed values: lambdas': python(
    100,
    (n) =>
      `${head}${rep(n, (i) => `f${i} = lambda a: f${i + 1}(a)\n`)}f${n} = lambda a: DataLoader(ds, batch_size=a)\nf0(8)\n`,
  ),
  'classes: a chain of bases with super': python(
    60,
    (n) =>
      `${head}${rep(n, (i) => `class A${i}(${i === 0 ? 'torch.nn.Module' : `A${i - 1}`}):\n    def __init__(self, size):\n        super().__init__(size)\n        self.size = size\n`)}DataLoader(ds, batch_size=A${n - 1}(8).size)\n`,
  ),
  'classes: one with many bases': python(
    60,
    (n) =>
      `${head}${rep(n, (i) => `class A${i}:\n    size${i} = ${i}\n`)}class B(${rep(n, (i) => `A${i}, `)}):\n    pass\nDataLoader(ds, batch_size=B().size0)\n`,
  ),
  'classes: fields with defaults': python(
    150,
    (n) =>
      `${head}from dataclasses import dataclass\n@dataclass\nclass Config:\n${rep(n, (i) => `    a${i}: int = ${i}\n`)}c = Config()\n${rep(n, (i) => `DataLoader(ds, batch_size=c.a${i})\n`)}`,
  ),
  'classes: properties': python(
    100,
    (n) =>
      `${head}class A:\n${rep(n, (i) => `    @property\n    def p${i}(self):\n        return self.p${i + 1}\n`)}DataLoader(ds, batch_size=A().p0)\n`,
  ),
  'decorators: many on one function': python(
    150,
    (n) => `${head}${rep(n, (i) => `@d${i}(a=${i})\n`)}def f(x):\n    return model(x).cuda()\nf(1)\n`,
  ),
  'decorators: options of a command': python(
    100,
    (n) =>
      `${head}import click\n@click.command()\n${rep(n, (i) => `@click.option('--a${i}', default=${i})\n`)}def main(${rep(n, (i) => `a${i}, `)}):\n    DataLoader(ds, batch_size=a0)\nmain()\n`,
  ),
  'chains: methods': python(
    100,
    (n) =>
      `import tensorflow as tf\nds = tf.data.Dataset.range(9)${'.map(f)'.repeat(n)}.batch(8)\nmodel.fit(ds, epochs=9)\n`,
  ),
  'chains: attributes': python(400, (n) => `${head}DataLoader(ds, batch_size=a${rep(n, (i) => `.b${i}`)})\n`),
  'networks: layers in a module': python(
    80,
    (n) =>
      `${head}class Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n${rep(n, (i) => `        self.l${i} = torch.nn.Linear(512, 512)\n`)}    def forward(self, x):\n${rep(n, (i) => `        x = torch.relu(self.l${i}(x))\n`)}        return x\n${loop('').replace('torch.nn.Linear(2,2)', 'Net()')}`,
  ),
  'networks: a sequence of layers': python(
    80,
    (n) =>
      `${head}model = torch.nn.Sequential(${'torch.nn.Linear(512, 512), torch.nn.ReLU(), '.repeat(n)}).cuda()\n${loop('')}`,
  ),
  'networks: one of many that a function makes': python(
    60,
    (n) =>
      `import hydra\nimport torch\nfrom torch import nn\n\ndef fits(i):\n    return i % 2 == 0\n\n@hydra.main(config_path=None)\ndef main(cfg):\n    model = nn.Linear(1, 1)\n${rep(n, (i) => `    if fits(${i}):\n        model = nn.Linear(${i}, cfg.k${i})\n`)}    opt = torch.optim.SGD(model.parameters(), lr=0.1)\n    for epoch in range(10):\n        for x, y in loader:\n            loss = model(x).sum()\n            loss.backward()\n            opt.step()\n\nmain()\n`,
  ),
  'networks: attention with a function that is called again and again': python(
    60,
    (n) =>
      `${head}class Attention(torch.nn.Module):\n    def mix(self, x):\n${rep(n, (i) => `        x = x + ${i}\n`)}        return x\n    def forward(self, q, k, v):\n${rep(n, () => '        q = self.mix(q)\n')}        return q\n${loop('')}`,
  ),
  'networks: layers of Keras': python(
    80,
    (n) =>
      `import keras\nmodel = keras.Sequential()\n${'model.add(keras.layers.Dense(512))\n'.repeat(n)}model.compile(optimizer='adam', loss='mse')\nmodel.fit(x, y, epochs=90)\n`,
  ),
  'searches: parameters of a trial': python(
    100,
    (n) =>
      `import optuna\ndef objective(trial):\n${rep(n, (i) => `    a${i} = trial.suggest_int('a${i}', 1, 9)\n`)}    return a0\noptuna.create_study().optimize(objective, n_trials=100)\n`,
  ),
  'searches: a wide grid': python(
    100,
    (n) =>
      `from sklearn.model_selection import GridSearchCV\nGridSearchCV(e, {${rep(n, (i) => `'a${i}': [1, 2], `)}}, cv=5).fit(X, y)\n`,
  ),
  'searches: a list of grids': python(
    100,
    (n) =>
      `from sklearn.model_selection import GridSearchCV\nGridSearchCV(e, [${rep(n, (i) => `{'a${i}': [1, 2], 'b': [3, 4]}, `)}], cv=5).fit(X, y)\n`,
  ),
  'searches: loops by hand': python(
    60,
    (n) =>
      `from sklearn.svm import SVC\n${rep(n, (i) => `for c in [1, 2, 3]:\n    for g in [1, 2]:\n        SVC(C=c, gamma=g).fit(X, y).score(X, y${i})\n`)}`,
  ),
  'features: one after another': python(
    80,
    (n) =>
      `import pandas as pd\n${head}df = pd.read_csv('a.csv')\n${rep(n, (i) => `df['a${i}'] = df['b'].apply(lambda v: v + ${i})\n`)}${loop('')}`,
  ),
  'metrics: logged and printed': python(80, (n) =>
    loop(
      rep(
        n,
        (i) => `        wandb.log({'a${i}': loss.item()})\n        print(f'{epoch} {loss.item()} ${i}')\n`,
      ),
    ),
  ),
  'options: from the environment': python(
    100,
    (n) =>
      `import os\n${head}${rep(n, (i) => `A${i} = int(os.environ.get('A${i}', ${i}))\nDataLoader(ds, batch_size=A${i})\n`)}`,
  ),
  'options: choices of one': python(
    150,
    (n) =>
      `${head}import argparse\np = argparse.ArgumentParser()\np.add_argument('--a', choices=[${rep(n, (i) => `'x${i}', `)}], default='x0')\nargs = p.parse_args()\nDataLoader(ds, batch_size=args.a)\n`,
  ),
  'options: one to resume that is named again and again': python(
    150,
    (n) =>
      `import argparse\n${head}p = argparse.ArgumentParser()\np.add_argument('--resume')\nargs = p.parse_args()\n${rep(n, () => 'print(args.resume)\nresume = args.resume\n')}for e in range(90):\n    for x in DataLoader(ds):\n        model(x).sum().backward()\n        opt.step()\n    torch.save(model.state_dict(), 'a.pt')\n`,
  ),
  'programs: started by Python': python(
    80,
    (n) => `import subprocess\n${rep(n, (i) => `subprocess.run(['python', 'train.py', '--lr', '${i}'])\n`)}`,
  ),
  'jobs in code: estimators': python(
    80,
    (n) =>
      `from sagemaker.pytorch import PyTorch\n${rep(n, (i) => `e${i} = PyTorch(entry_point='t${i}.py', instance_type='ml.p4d.24xlarge', instance_count=1)\ne${i}.fit()\n`)}`,
  ),
  'jobs in code: steps of a pipeline': python(
    60,
    (n) =>
      `from kfp import dsl\n${rep(n, (i) => `@dsl.component\ndef s${i}(a: int) -> int:\n    return a\n`)}@dsl.pipeline\ndef p():\n${rep(n, (i) => `    t${i} = s${i}(a=1)\n    t${i}.set_caching_options(False)\n`)}`,
  ),
  'jobs in code: operators of a DAG': python(
    60,
    (n) =>
      `from airflow import DAG\nfrom airflow.operators.bash import BashOperator\nwith DAG('a', schedule='@daily') as dag:\n${rep(n, (i) => `    t${i} = BashOperator(task_id='t${i}', bash_command='python train.py')\n`)}    ${rep(n, (i) => `${i === 0 ? '' : ' >> '}t${i}`)}\n`,
  ),
  'text: lines that go on': python(
    400,
    (n) => `${head}x = 1${' + \\\n  1'.repeat(n)}\nDataLoader(ds, batch_size=x)\n`,
  ),
  'text: a long string': python(150, (n) => `"""${'python train.py --lr 1\n'.repeat(n)}"""\n${head}`),
  'text: not well-formed': python(
    80,
    (n) => `${head}${rep(n, (i) => `def f${i}(:\n    model(x)).cuda()\n`)}`,
  ),
  'notebook: thousands of cells': {
    path: 'a.ipynb',
    pieces: 1_000,
    text: (n) =>
      JSON.stringify({
        cells: Array.from({ length: n }, (_, i) => ({
          cell_type: i % 2 === 0 ? 'code' : 'markdown',
          execution_count: null,
          metadata: {},
          outputs: [],
          source: ['import torch\n', `x = ${i}`],
        })),
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5,
      }),
  },
  'notebook: magics and files': {
    path: 'a.ipynb',
    pieces: 60,
    text: (n) =>
      JSON.stringify({
        cells: Array.from({ length: n }, (_, i) => ({
          cell_type: 'code',
          execution_count: null,
          metadata: {},
          outputs: [],
          source:
            i % 3 === 0
              ? `%%writefile t${i}.py\nimport torch\nx = torch.ones(3).cuda()\n`
              : i % 3 === 1
                ? `%%bash\npython t${i - 1}.py --lr 1\n`
                : `%time y = model(x)\n!python t${i - 2}.py\n%run t${i - 2}.py\n`,
        })),
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5,
      }),
  },
}

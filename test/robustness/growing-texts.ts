/** Texts as people write them, longer and longer. */
import { head, rep, type Shape } from './shape.js'

export const shapes: Record<string, Shape> = {
  // More pieces than the bindings that are looked at from one place.
  cuda: {
    path: 'a.py',
    pieces: 150,
    text: (n) =>
      `${head}for epoch in range(10):\n    for x, y in DataLoader(ds, batch_size=8):\n${'        x = x.cuda()\n'.repeat(n)}        loss = model(x).sum()\n        loss.backward()\n        opt.step()\n`,
  },
  cudaif: {
    path: 'a.py',
    pieces: 330,
    text: (n) =>
      `${head}for epoch in range(10):\n    for x, y in DataLoader(ds, batch_size=8):\n${'        if c:\n            x = x.cuda()\n'.repeat(n)}        loss = model(x).sum()\n        loss.backward()\n        opt.step()\n`,
  },
  selfx: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}class A:\n${rep(n, (i) => `    def f${i}(self):\n        self.x = self.x.cuda()\n`)}`,
  },
  net: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}for epoch in range(10):\n    for x, y in DataLoader(ds, batch_size=8):\n${rep(n, (i) => `        x = model.layer${i}(x)\n`)}        loss = model(x).sum()\n        loss.backward()\n        opt.step()\n`,
  },
  addx: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}for epoch in range(10):\n    for x, y in DataLoader(ds, batch_size=8):\n${rep(n, (i) => `        x = x + ${i}\n`)}        loss = model(x).sum()\n        loss.backward()\n        opt.step()\n`,
  },
  addif: {
    path: 'a.py',
    pieces: 60,
    text: (n) => `${head}x = 1\n${rep(n, (i) => `if c:\n    x = x + ${i}\n`)}DataLoader(ds, batch_size=x)\n`,
  },
  addifcall: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}x = 1\n${rep(n, (i) => `if c:\n    x = x + ${i}\n    DataLoader(ds, batch_size=x)\n`)}`,
  },
  loops: {
    path: 'a.py',
    pieces: 60,
    text: (n) => `import torch\n${rep(n, (i) => `for i${i} in range(10):\n    x${i} = f(i${i})\n`)}`,
  },
  loops2: {
    path: 'a.py',
    pieces: 60,
    text: (n) => `import torch\n${rep(n, (_i) => `for i in range(10):\n    x = f(i)\n`)}`,
  },
  train: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      head +
      rep(
        n,
        (_i) =>
          `for epoch in range(10):\n    for x, y in loader:\n        loss = model(x)\n        loss.backward()\n        opt.step()\n`,
      ),
  },
  trainf: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      head +
      rep(
        n,
        (i) =>
          `def train${i}(model, loader, opt):\n    for epoch in range(10):\n        for x, y in loader:\n            loss = model(x)\n            loss.backward()\n            opt.step()\ntrain${i}(model, loader, opt)\n`,
      ),
  },
  funcs: {
    path: 'a.py',
    pieces: 60,
    text: (n) => head + rep(n, (i) => `def f${i}(a):\n    return f${i + 1}(a)\n`),
  },
  funcs2: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head + rep(n, (i) => `def f${i}(a):\n    x = f${Math.max(0, i - 1)}(a)\n    return f${Math.max(0, i - 2)}(x)\n`)}for i in range(10):\n    f${n - 1}(1)\n`,
  },
  classes: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      head +
      rep(
        n,
        (i) =>
          `class A${i}(${i ? `A${i - 1}` : 'torch.nn.Module'}):\n    def forward(self, x):\n        return self.f(x)\n    def f(self, x):\n        return x\nA${i}()\n`,
      ),
  },
  loaders: {
    path: 'a.py',
    pieces: 60,
    text: (n) => head + rep(n, (_i) => `loader = DataLoader(ds, batch_size=8, num_workers=0)\n`),
  },
  loaders2: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      head +
      rep(
        n,
        (i) =>
          `def f${i}():\n    loader = DataLoader(ds, batch_size=8, num_workers=0)\n    for epoch in range(3):\n        for x in loader:\n            model(x.cuda()).sum().item()\n`,
      ),
  },
  grids: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `from sklearn.model_selection import GridSearchCV\n${rep(n, (_i) => `grid = {'a': [1,2,3], 'b': [1,2,3,4]}\nGridSearchCV(e, grid, cv=5).fit(X, y)\n`)}`,
  },
  dict: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}config = {}\n${rep(n, (i) => `config['a${i}'] = ${i}\n`)}${rep(n, (i) => `DataLoader(ds, batch_size=config['a${i}'])\n`)}`,
  },
  append: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}config = []\n${rep(n, (i) => `config.append(${i})\n`)}${rep(n, (i) => `DataLoader(ds, batch_size=config[${i}])\n`)}`,
  },
  argparse: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}import argparse\nparser = argparse.ArgumentParser()\n${rep(n, (i) => `parser.add_argument('--a${i}', type=int, default=${i})\n`)}args = parser.parse_args()\n${rep(n, (i) => `DataLoader(ds, batch_size=args.a${i})\n`)}`,
  },
  imports: {
    path: 'a.py',
    pieces: 60,
    text: (n) => rep(n, (i) => `import m${i}\nfrom m${i} import f${i}\n`) + rep(n, (i) => `f${i}()\n`),
  },
  ifs: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}if a:\n    x = 1\n${rep(n, (i) => `elif b == ${i}:\n    x = ${i}\n`)}DataLoader(ds, batch_size=x)\n`,
  },
  withs: {
    path: 'a.py',
    pieces: 60,
    text: (n) => head + rep(n, (_i) => `with torch.no_grad():\n    y = model(x)\n`),
  },
  tries: {
    path: 'a.py',
    pieces: 60,
    text: (n) => head + rep(n, (i) => `try:\n    import a${i}\nexcept ImportError:\n    a${i} = None\n`),
  },
  comps: { path: 'a.py', pieces: 60, text: (n) => head + rep(n, (_i) => `x = [i for i in range(5)]\n`) },
  calls: { path: 'a.py', pieces: 60, text: (n) => head + rep(n, (_i) => `model(x).cuda()\n`) },
  items: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      `${head}for epoch in range(3):\n    for x in loader:\n        loss = model(x)\n        loss.backward()\n        opt.step()\n${rep(n, (_i) => `        print(loss.item())\n`)}`,
  },
  globals: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      head +
      rep(n, (i) => `x = ${i}\n`) +
      rep(n, (i) => `def f${i}():\n    return DataLoader(ds, batch_size=x)\n`),
  },
  comments: {
    path: 'a.py',
    pieces: 60,
    text: (n) => head + rep(n, (_i) => `x = 1  # costlint: ignore[search/grid-search]\n`),
  },
  nested: {
    path: 'a.py',
    pieces: 60,
    text: (n) =>
      head + rep(n, (_i) => `def f(a):\n    def g(b):\n        return a + b\n    return g\nf(1)(2)\n`),
  },
  strings: {
    path: 'a.py',
    pieces: 60,
    text: (n) => head + rep(n, (i) => `os.system('python train.py --lr ${i}')\n`),
  },
  notebook: {
    path: 'a.ipynb',
    pieces: 60,
    text: (n) =>
      JSON.stringify({
        cells: Array.from({ length: n }, () => ({
          cell_type: 'code',
          execution_count: null,
          metadata: {},
          outputs: [],
          source: [
            'import torch\n',
            'for i in range(10):\n',
            '    x = model(i).cuda()\n',
            '!python train.py\n',
          ],
        })),
        metadata: {},
        nbformat: 4,
        nbformat_minor: 5,
      }),
  },
  percent: {
    path: 'a.py',
    pieces: 60,
    text: (n) => rep(n, (i) => `# %%\nimport torch\nx = torch.ones(${i}).cuda()\n`),
  },
  sh: { path: 'a.sh', pieces: 60, text: (n) => rep(n, (i) => `python train.py --lr ${i}\n`) },
  shexport: {
    path: 'a.sh',
    pieces: 330,
    text: (n) => rep(n, (i) => `export A${i}=${i}\npython train.py --lr $A${i}\n`),
  },
  shfed: {
    path: 'a.sh',
    pieces: 10,
    text: (n) => rep(n, (i) => `python - ${' '.repeat(i % 9)} <<EOF\nx = $A${i}\nEOF\npython - <<NONE\n`),
  },
  shset: {
    path: 'a.sh',
    pieces: 60,
    text: (n) => `${rep(n, (_i) => `A=$A$B\nB=$A\n`)}python train.py $A\n`,
  },
  shif: {
    path: 'a.sh',
    pieces: 60,
    text: (n) => rep(n, (i) => `if [ "$1" = ${i} ]; then\n  A=${i}\n  python train.py $A\nfi\n`),
  },
  shfun: {
    path: 'a.sh',
    pieces: 60,
    text: (n) => rep(n, (i) => `f${i}() {\n  python train.py $1\n}\nf${i} ${i}\n`),
  },
  shfor: {
    path: 'a.sh',
    pieces: 60,
    text: (n) => rep(n, (_i) => `for lr in 1 2 3; do\n  python train.py --lr $lr\ndone\n`),
  },
  sbatch: {
    path: 'a.sh',
    pieces: 60,
    text: (n) => `#!/bin/bash\n${rep(n, (i) => `#SBATCH --gres=gpu:${i}\n`)}python train.py\n`,
  },
  heredoc: {
    path: 'a.sh',
    pieces: 60,
    text: (n) => rep(n, (i) => `cat > a${i}.py <<EOF\nimport torch\nEOF\n`),
  },
  docker: {
    path: 'Dockerfile',
    pieces: 60,
    text: (n) => `FROM a\n${rep(n, (i) => `ENV A${i}=${i}\nRUN python train.py $A${i}\n`)}`,
  },
  dockerstage: {
    path: 'Dockerfile',
    pieces: 60,
    text: (n) => rep(n, (i) => `FROM a AS s${i}\nENV A=${i}\nCMD python train.py\n`),
  },
  make: {
    path: 'Makefile',
    pieces: 60,
    text: (n) => rep(n, (i) => `t${i}: t${i + 1}\n\tpython train.py --lr ${i}\n`),
  },
  pods: {
    path: 'a.yaml',
    pieces: 60,
    text: (n) =>
      rep(
        n,
        (i) =>
          `---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: a${i}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: a\n          image: a\n          command: [python, train.py]\n          resources: {limits: {nvidia.com/gpu: 4}}\n`,
      ),
  },
  deploy: {
    path: 'a.yaml',
    pieces: 60,
    text: (n) =>
      rep(
        n,
        (i) =>
          `---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a${i}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: a\n          image: a\n          resources: {limits: {nvidia.com/gpu: 4}}\n---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h${i}}\nspec:\n  scaleTargetRef: {kind: Deployment, name: a${i}}\n  minReplicas: 2\n  maxReplicas: 4\n`,
      ),
  },
  compose: {
    path: 'compose.yaml',
    pieces: 60,
    text: (n) =>
      `services:\n${rep(n, (i) => `  s${i}:\n    image: a\n    command: python train.py\n    deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}\n`)}`,
  },
  yamlkeys: {
    path: 'sky.yaml',
    pieces: 60,
    text: (n) =>
      `resources:\n  accelerators: A100:8\nrun: python train.py\nenvs:\n${rep(n, (i) => `  A${i}: ${i}\n`)}`,
  },
  github: {
    path: '.github/workflows/a.yml',
    pieces: 60,
    text: (n) =>
      `on: push\njobs:\n${rep(n, (i) => `  j${i}:\n    runs-on: [self-hosted, gpu]\n    steps:\n      - run: python train.py --lr ${i}\n`)}`,
  },
  tf: {
    path: 'main.tf',
    pieces: 60,
    text: (n) =>
      rep(
        n,
        (i) =>
          `resource "aws_instance" "a${i}" {\n  instance_type = var.t${i}\n}\nvariable "t${i}" {\n  default = "p4d.24xlarge"\n}\n`,
      ),
  },
  tflocals: {
    path: 'main.tf',
    pieces: 60,
    text: (n) =>
      `locals {\n${rep(n, (i) => `  a${i} = ${i ? `local.a${i - 1}` : '"p4d.24xlarge"'}\n`)}}\n${rep(n, (i) => `resource "aws_instance" "a${i}" {\n  instance_type = local.a${i}\n}\n`)}`,
  },
  toml: { path: 'config.toml', pieces: 60, text: (n) => rep(n, (i) => `[training.a${i}]\nlr = ${i}\n`) },
  json: {
    path: 'ds_config.json',
    pieces: 60,
    text: (n) =>
      JSON.stringify(
        {
          train_batch_size: 8,
          fp16: { enabled: true },
          zero_optimization: { stage: 2 },
          ...Object.fromEntries(Array.from({ length: n }, (_, i) => [`a${i}`, i])),
        },
        null,
        1,
      ),
  },
  requirements: { path: 'requirements.txt', pieces: 60, text: (n) => rep(n, (i) => `torch${i}>=1.${i}\n`) },
}

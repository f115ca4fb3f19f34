/** Names that every JavaScript object has, where users write names of their own: they are names like any other. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { assertSound } from './sound.js'

const loop = `for epoch in range(10):
    for x, y in loader:
        loss = model(x)
        loss.backward()
        opt.step()
`
const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      containers:
        - name: a
          image: a
          resources: {limits: {nvidia.com/gpu: 4}}
`

/** `NAME` stands for the name. */
const files: Record<string, string> = {
  'manifest.yaml': `apiVersion: kubeflow.org/v1\nkind: NAME\nmetadata: {name: NAME, labels: {NAME: NAME}}\nspec: {NAME: {}}\n`,
  'scaler.yaml': `${deployment}---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  scaleTargetRef: {kind: Deployment, name: a}
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - type: Resource
      resource: {name: NAME, target: {type: Utilization, averageUtilization: 50}}
`,
  'sweep.yaml':
    'program: train.py\nmethod: NAME\nparameters:\n  NAME: {values: [1, 2, 3]}\n  lr: {values: [1, 2]}\n',
  'main.tf': `resource "NAME" "NAME" {\n  NAME = "p4d.24xlarge"\n  tags = { NAME = "NAME" }\n}\n`,
  'lightning.py': `from lightning import Trainer
trainer = Trainer(precision="NAME", accelerator="NAME", strategy="NAME", devices=8, max_epochs=3)
trainer.fit(model, loader)
`,
  'transformers.py': `from transformers import Trainer, TrainingArguments
args = TrainingArguments("x", optim="NAME", half_precision_backend="NAME", num_train_epochs=3, **{"NAME": 1})
Trainer(model=model, args=args, train_dataset=data).train()
`,
  'accelerate.py': `from accelerate import Accelerator\naccelerator = Accelerator(mixed_precision="NAME")\n${loop}`,
  'loop.py': `import torch\nmodel = torch.nn.NAME(3, 4).cuda()\nopt = torch.optim.NAME(model.parameters())\n${loop}`,
  'search.py': `import sklearn.model_selection as ms
grid = {"NAME": [1, 2, 3], "b": [1, 2, 3, 4]}
ms.GridSearchCV(estimator, grid, cv=ms.NAME(n_splits=5)).fit(X, y)
ms.NAME(estimator, grid).fit(X, y)
`,
  'names.py': `import argparse, NAME
from NAME import NAME
parser = argparse.ArgumentParser()
parser.NAME('--NAME', default='NAME')
args = parser.parse_args()
settings = {'NAME': 1, **{'NAME': {'NAME': 2}}}
settings['NAME'] = settings['NAME']['NAME']
class NAME(NAME): NAME = 1
def NAME(NAME=args.NAME): return NAME.NAME(NAME=NAME)
NAME(NAME=NAME['NAME'])
`,
  'torchx.sh': `torchx run --NAME 1 --scheduler NAME dist.NAME -j 1x8 --script train.py
torchx run NAME -j 1x8 --script train.py
NAME=1 NAME --NAME NAME python -m NAME --NAME=NAME NAME
docker run --NAME NAME python train.py
`,
  'config.toml': '[NAME]\nNAME = "NAME"\n[NAME.NAME]\nNAME = 1\n',
}

describe('names that every object has', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])
    it(name, async () => {
      const texts = new Map(
        Object.entries(files).map(([path, text]) => [path, text.replaceAll('NAME', name)] as const),
      )
      const project = await openProject(memoryRoot, memoryHost(texts))
      try {
        const { findings, errors } = await assertSound(project, texts)
        assert.deepEqual(errors, [])
        const estimates = await project.estimates()
        assert.ok(estimates.length >= 3)
        const said = JSON.stringify([
          findings,
          estimates,
          await project.graph(),
          project.annotations('search.py'),
        ])
        assert.doesNotMatch(said, /native code|function |\[object|NaN/)
        // The same is found as with a name that nothing has.
        const plain = new Map(
          Object.entries(files).map(([path, text]) => [path, text.replaceAll('NAME', 'Quux')] as const),
        )
        const other = await openProject(memoryRoot, memoryHost(plain))
        const expected = (await other.lint()).findings
        await other.dispose()
        const shown = (list: typeof findings) => list.map(({ rule, location }) => `${location.path}: ${rule}`)
        assert.deepEqual(shown(findings), shown(expected))
      } finally {
        await project.dispose()
      }
    })
})

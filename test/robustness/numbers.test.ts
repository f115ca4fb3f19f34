/** Numbers that count nothing, where users write counts: they are unknown, and nothing is computed from them. */
import assert from 'node:assert/strict'
import { describe, it } from 'mocha'
import { openProject } from '../../server/src/project/workspace.js'
import { memoryHost, memoryRoot } from '../cases/memory-host.js'
import { assertSound } from './sound.js'

/** `NUMBER` stands for the number. */
const files: Record<string, string> = {
  'repeats/a.py': `from sklearn.model_selection import GridSearchCV, RepeatedKFold\nGridSearchCV(est, {"a": [1,2,3], "b": [1,2,3,4], "c": [1,2,3,4,5]}, cv=RepeatedKFold(n_splits=5, n_repeats=NUMBER)).fit(X, y)\n`,
  'cv/a.py': `from sklearn.model_selection import GridSearchCV, RandomizedSearchCV\nGridSearchCV(est, {"a": [1,2,3], "b": [1,2,3,4], "c": range(NUMBER)}, cv=NUMBER).fit(X, y)\nRandomizedSearchCV(est, {"a": [1,2]}, n_iter=NUMBER).fit(X, y)\n`,
  'sm/a.py': `from sagemaker.pytorch import PyTorch\nest = PyTorch(entry_point="t.py", instance_type="ml.g5.2xlarge", instance_count=NUMBER, role="r", max_run=NUMBER, volume_size=NUMBER)\nest.fit()\n`,
  'sm/t.py': 'import torch\n',
  'slurm/a.sh': `#!/bin/bash\n#SBATCH --gres=gpu:a100:NUMBER\n#SBATCH --nodes=NUMBER\n#SBATCH --time=NUMBER\n#SBATCH --ntasks-per-node=NUMBER\nsrun python train.py\n`,
  'slurm/train.py':
    'import torch\nmodel=torch.nn.Linear(2,3).cuda()\nopt=torch.optim.Adam(model.parameters())\nfor e in range(10):\n    for x in dl:\n        loss=model(x)\n        loss.backward()\n        opt.step()\n',
  'pod/a.yaml': `apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec:\n  parallelism: NUMBER\n  completions: NUMBER\n  backoffLimit: NUMBER\n  activeDeadlineSeconds: NUMBER\n  template:\n    spec:\n      nodeSelector: {node.kubernetes.io/instance-type: p4d.24xlarge}\n      containers:\n        - name: a\n          image: a\n          command: [python, train.py]\n          resources: {limits: {nvidia.com/gpu: NUMBER}}\n`,
  'scaler/a.yaml': `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec:\n  scaleTargetRef: {kind: Deployment, name: a}\n  minReplicas: NUMBER\n  maxReplicas: NUMBER\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: NUMBER\n  template:\n    spec:\n      nodeSelector: {node.kubernetes.io/instance-type: p4d.24xlarge}\n      containers:\n      - name: a\n        image: a\n        resources: {limits: {nvidia.com/gpu: 8}}\n`,
  'tf/main.tf': `resource "aws_eks_node_group" "g" {\n  instance_types = ["p4d.24xlarge"]\n  scaling_config {\n    min_size = NUMBER\n    desired_size = NUMBER\n    max_size = NUMBER\n  }\n}\nresource "aws_autoscaling_group" "a" {\n  min_size = NUMBER\n  max_size = NUMBER\n  desired_capacity = NUMBER\n  mixed_instances_policy {\n    launch_template {\n      override { instance_type = "p4d.24xlarge" }\n    }\n  }\n}\nresource "google_container_node_pool" "p" {\n  node_count = NUMBER\n  node_config {\n    machine_type = "a2-highgpu-8g"\n    guest_accelerator {\n      type = "nvidia-tesla-a100"\n      count = NUMBER\n    }\n  }\n}\n`,
  'trainer/a.py': `from transformers import Trainer, TrainingArguments\nfrom transformers import AutoModelForCausalLM\nmodel = AutoModelForCausalLM.from_pretrained("gpt2")\nargs = TrainingArguments("x", num_train_epochs=NUMBER, per_device_train_batch_size=NUMBER, gradient_accumulation_steps=NUMBER, save_steps=NUMBER, eval_steps=NUMBER, max_steps=NUMBER, save_total_limit=NUMBER, dataloader_num_workers=NUMBER, logging_steps=NUMBER)\nTrainer(model=model, args=args, train_dataset=data).train()\n`,
  'lightning/a.py': `from lightning import Trainer\ntrainer = Trainer(devices=NUMBER, num_nodes=NUMBER, max_epochs=NUMBER, accelerator="gpu", accumulate_grad_batches=NUMBER, check_val_every_n_epoch=NUMBER, val_check_interval=NUMBER)\ntrainer.fit(model, loader)\n`,
  'loop/a.py': `import torch\nfrom torch.utils.data import DataLoader\nfrom torchvision.models import resnet50\nmodel=resnet50().cuda()\nopt=torch.optim.Adam(model.parameters())\ndl=DataLoader(ds, batch_size=NUMBER, num_workers=NUMBER, prefetch_factor=NUMBER)\nfor e in range(NUMBER):\n    for x, y in dl:\n        loss=f(model(x), y)\n        loss.backward()\n        opt.step()\n`,
  'optuna/a.py': `import optuna\nstudy = optuna.create_study()\ndef obj(trial):\n    n = trial.suggest_int("n", 1, NUMBER)\n    m = trial.suggest_float("m", 0, NUMBER, step=NUMBER)\n    model.fit(X)\n    return 1\nstudy.optimize(obj, n_trials=NUMBER, n_jobs=NUMBER, timeout=NUMBER)\noptuna.create_study(sampler=optuna.samplers.GridSampler({"a": [1,2,3], "b": range(NUMBER)})).optimize(obj, n_trials=NUMBER)\n`,
  'wandb/sweep.yaml': `program: train.py\nmethod: grid\nrun_cap: NUMBER\nparameters:\n  a: {values: [1,2,3]}\n  b: {min: NUMBER, max: NUMBER}\n  c: {distribution: q_uniform, min: 0, max: NUMBER, q: NUMBER}\nearly_terminate: {type: hyperband, s: NUMBER, eta: NUMBER, max_iter: NUMBER}\n`,
  'sky/sky.yaml': `resources:\n  accelerators: A100:NUMBER\n  cloud: aws\nnum_nodes: NUMBER\nrun: python train.py\n`,
  'compose/compose.yaml': `services:\n  a:\n    image: a\n    command: python train.py\n    deploy: {replicas: NUMBER, resources: {reservations: {devices: [{driver: nvidia, count: NUMBER, capabilities: [gpu]}]}}}\n`,
  'torchrun/a.sh': `torchrun --nproc_per_node NUMBER --nnodes NUMBER train.py --lr NUMBER --epochs NUMBER\n`,
  'torchrun/train.py': `import argparse, torch\np=argparse.ArgumentParser()\np.add_argument('--epochs', type=int)\nargs=p.parse_args()\nmodel=torch.nn.Linear(2,3).cuda()\nopt=torch.optim.Adam(model.parameters())\nfor e in range(args.epochs):\n    for x in dl:\n        loss=model(x)\n        loss.backward()\n        opt.step()\n`,
  'boost/a.py': `import xgboost as xgb\nxgb.train({}, d, num_boost_round=NUMBER, early_stopping_rounds=NUMBER)\nxgb.cv({}, d, nfold=NUMBER, num_boost_round=NUMBER)\n`,
  'katib/k.yaml': `apiVersion: kubeflow.org/v1beta1\nkind: Experiment\nmetadata: {name: a}\nspec:\n  algorithm: {algorithmName: grid}\n  parallelTrialCount: NUMBER\n  maxTrialCount: NUMBER\n  maxFailedTrialCount: NUMBER\n  parameters:\n    - {name: lr, parameterType: double, feasibleSpace: {min: "0", max: "NUMBER", step: "NUMBER"}}\n    - {name: n, parameterType: int, feasibleSpace: {min: "1", max: "NUMBER"}}\n`,
  'azure/job.yml': `$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncommand: python train.py\ncode: .\ncompute: azureml:gpu\nresources: {instance_count: NUMBER, instance_type: Standard_ND96asr_v4}\nlimits: {timeout: NUMBER}\ndistribution: {type: pytorch, process_count_per_instance: NUMBER}\n`,
  'vertex/a.py': `from google.cloud import aiplatform\njob = aiplatform.CustomTrainingJob(display_name="a", script_path="t.py", container_uri="c")\njob.run(machine_type="a2-highgpu-8g", accelerator_type="NVIDIA_TESLA_A100", accelerator_count=NUMBER, replica_count=NUMBER, timeout=NUMBER)\n`,
  'vertex/t.py': 'import torch\n',
  'keras/a.py': `import keras\nmodel = keras.applications.ResNet50()\nmodel.compile()\nmodel.fit(x, y, epochs=NUMBER, batch_size=NUMBER, validation_split=NUMBER, steps_per_epoch=NUMBER)\n`,
  'serve/a.sh': `vllm serve meta-llama/Llama-2-7b --tensor-parallel-size NUMBER --max-model-len NUMBER\n`,
  'model/a.py': `import torch\nfrom torch.utils.data import DataLoader\nmodel=torch.nn.Sequential(torch.nn.Linear(NUMBER, NUMBER), torch.nn.Conv2d(NUMBER, 3, NUMBER)).cuda()\nopt=torch.optim.Adam(model.parameters())\nfor e in range(3):\n    for x, y in DataLoader(ds, batch_size=4):\n        loss=f(model(x), y)\n        loss.backward()\n        opt.step()\n`,
}

const nonsense = /Infinity|NaN|∞|\de[+-]\d|(^|[^\w.])[-−]\d+ ?×|[-−]\$|\$[-−]|\d{1,3}(,\d{3}){5}|\d{14}/

describe('numbers that count nothing', () => {
  for (const number of [
    '1e308',
    '1e300',
    '1e999',
    '-1e999',
    '-3',
    '0',
    '0.5',
    '.inf',
    '.nan',
    '99999999999999999999',
  ])
    it(number, async () => {
      const texts = new Map(
        Object.entries(files).map(([path, text]) => [path, text.replaceAll('NUMBER', number)] as const),
      )
      const project = await openProject(memoryRoot, memoryHost(texts))
      try {
        const { findings } = await assertSound(project, texts)
        const { jobs, pools } = await project.graph()
        const said = [
          ...findings.map(({ message }) => message),
          ...[...texts.keys()].flatMap((path) =>
            project.annotations(path).flatMap(({ label, details }) => [label, details]),
          ),
          ...(await project.estimates()).flatMap(({ inputs, missing }) => [
            ...inputs.map(({ value }) => value),
            ...missing,
          ]),
          ...jobs.map(({ nodes, gpus, cost }) => `${nodes} × ${gpus}: ${cost?.onDemand} ${cost?.spot}`),
          ...pools.map(({ gpus, minimum, maximum }) => `${gpus}: ${minimum} ${maximum}`),
        ]
        for (const finding of findings) for (const fix of await project.fixes(finding)) said.push(fix.title)
        assert.deepEqual(
          said.filter((text) => nonsense.test(text ?? '')),
          [],
        )
        for (const { saving } of findings)
          assert.ok(saving === null || !/"\w+":-/.test(JSON.stringify(saving)))
      } finally {
        await project.dispose()
      }
    })

  it('sensible ones stay what they are', async () => {
    const texts = new Map(
      Object.entries(files).map(([path, text]) => [path, text.replaceAll('NUMBER', '4')] as const),
    )
    const project = await openProject(memoryRoot, memoryHost(texts))
    try {
      const { findings } = await assertSound(project, texts)
      assert.ok(findings.some(({ message }) => message.includes('20 folds')))
      const { jobs } = await project.graph()
      assert.equal(jobs.find(({ path }) => path === 'sm/a.py')?.nodes, 4)
    } finally {
      await project.dispose()
    }
  })
})

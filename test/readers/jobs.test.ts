import assert from 'node:assert/strict'
import { kubernetesReader } from '../../server/src/readers/kubernetes/job.js'
import { sagemakerReader } from '../../server/src/readers/sagemaker/estimator.js'
import { shellReader } from '../../server/src/readers/shell/reader.js'
import { secondsOf } from '../../server/src/readers/slurm/job.js'
import { slurmReader } from '../../server/src/readers/slurm/reader.js'
import type { Extraction, Launch } from '../../server/src/workload/claim.js'
import { extractionOf, settingsOf } from './claims-of.js'

const flagsOf = (launch: Launch | undefined) =>
  Object.fromEntries(Object.entries(launch?.flags ?? {}).map(([name, { value }]) => [name, value]))
const computeOf = (extraction: Extraction) => settingsOf(extraction, 'Compute')

describe('SageMaker estimators', () => {
  const read = (text: string) => extractionOf([sagemakerReader], text, 'launch.py')
  const head = 'from sagemaker.pytorch import PyTorch\n'

  it('name the machine, the script and its arguments', async () => {
    const extraction = await read(
      `${head}hp = {"epochs": 3, "lr": 1e-3, "amp": True, "data": DATA}\n` +
        'PyTorch("train.py", source_dir="src/", hyperparameters=hp, environment={"TF32": "1"},\n' +
        '        instance_type="ml.g5.12xlarge", instance_count=2, role=role)\n',
    )
    const { instanceType, gpus, gpuModel, cpus, nodes, spot, timeLimit } = computeOf(extraction)
    assert.deepEqual(
      { instanceType, gpus, gpuModel, cpus, nodes, spot, timeLimit },
      {
        instanceType: 'ml.g5.12xlarge',
        gpus: 4,
        gpuModel: 'A10G',
        cpus: 48,
        nodes: 2,
        spot: false,
        timeLimit: 86_400,
      },
    )
    const [launch] = extraction.launches
    assert.equal(launch!.program.path, 'src/train.py')
    assert.deepEqual(flagsOf(launch), { epochs: '3', lr: '0.001', amp: 'True', data: null })
    assert.equal(launch!.complete, true)
    assert.equal(launch!.environment.TF32!.value, '1')
    assert.deepEqual([launch!.processes, launch!.nodes], [1, 2])
    assert.equal(launch!.job, extraction.subjects[0]!.job)
  })

  it('let a tuner and later calls replace arguments', async () => {
    const extraction = await read(
      `${head}from sagemaker.tuner import HyperparameterTuner, ContinuousParameter\n` +
        'est = PyTorch(entry_point="train.py", hyperparameters={"lr": 0.1, "epochs": 3}, instance_type="ml.g5.xlarge")\n' +
        'est.set_hyperparameters(epochs=5)\n' +
        'HyperparameterTuner(est, "loss", {"lr": ContinuousParameter(0, 1)})\n',
    )
    assert.deepEqual(flagsOf(extraction.launches[0]), { lr: null, epochs: '5' })
    assert.equal(computeOf(extraction).trials, true)
  })

  it('count the processes that distribution= starts', async () => {
    for (const [distribution, launcher, processes] of [
      ['{"torch_distributed": {"enabled": True}}', 'torchrun', 0],
      ['{"smdistributed": {"dataparallel": {"enabled": True}}}', 'smdistributed', 0],
      ['{"mpi": {"enabled": True, "processes_per_host": 8}}', 'mpirun', 8],
      ['{"parameter_server": {"enabled": True}}', 'unknown', null],
      ['None', 'python', 1],
      ['settings()', 'unknown', null],
    ] as const) {
      const extraction = await read(`${head}PyTorch(entry_point="t.py", distribution=${distribution})\n`)
      const launch = extraction.launches[0]!
      assert.deepEqual([launch.launcher, launch.processes], [launcher, processes], distribution)
    }
  })

  it('in local mode start a script and no machine', async () => {
    const extraction = await read(`${head}PyTorch(entry_point="t.py", instance_type="local_gpu")\n`)
    assert.deepEqual(extraction.subjects, [])
    assert.equal(extraction.launches[0]!.job, null)
  })

  it('leave a machine that cannot be read unknown', async () => {
    const extraction = await read(`${head}PyTorch(entry_point="t.py", instance_type=sys.argv[1], **more)\n`)
    const { gpus, spot, checkpointStore } = computeOf(extraction)
    for (const value of [gpus, spot, checkpointStore]) assert.match(String(value), /^unknown/)
  })

  it('know that checkpoints are kept, wherever that is', async () => {
    const extraction = await read(
      `${head}PyTorch(entry_point="t.py", checkpoint_s3_uri=f"s3://{bucket}/x")\n`,
    )
    assert.equal(computeOf(extraction).checkpointStore, 'f"s3://{bucket}/x"')
    const none = await read(`${head}PyTorch(entry_point="t.py", checkpoint_s3_uri=None)\n`)
    assert.equal(computeOf(none).checkpointStore, null)
    const either = await read(`${head}PyTorch(entry_point="t.py", checkpoint_s3_uri=URI if KEEP else None)\n`)
    assert.match(String(computeOf(either).checkpointStore), /^unknown/)
  })
})

describe('SLURM', () => {
  const read = (text: string) => extractionOf([shellReader, slurmReader], text, 'job.sbatch')
  const script = (...lines: string[]) => `#!/bin/bash\n${lines.join('\n')}\n`

  it('reads each spelling of a time', () => {
    for (const [text, seconds] of [
      ['90', 5400],
      ['90:30', 5430],
      ['1:30:00', 5400],
      ['2-12', 216_000],
      ['1-00:00:10', 86_410],
      ['UNLIMITED', null],
      ['0', null],
      ['$TIME', undefined],
      ['1:2:3:4', undefined],
    ] as const) {
      assert.equal(secondsOf(text), seconds, text)
    }
  })

  it('counts GPUs for each node', async () => {
    for (const [lines, gpus, model] of [
      [['#SBATCH --gres=gpu:a100:4'], 4, 'A100-40GB'],
      [['#SBATCH --gres=gpu'], 1, undefined],
      [['#SBATCH --gres=lscratch:20,gpu:2'], 2, undefined],
      [['#SBATCH -N 2', '#SBATCH -G 16'], 8, undefined],
      [['#SBATCH -N 2', '#SBATCH -G h100:3'], 'unknown: a number that is not readable', 'H100-SXM'],
      [['#SBATCH --ntasks-per-node=4', '#SBATCH --gpus-per-task=1'], 4, undefined],
      [['#SBATCH --gpus-per-node=v100:2'], 2, 'V100'],
      [['#SBATCH --gres=gpu:$GPUS'], 'unknown: a number that is not readable', undefined],
      [['#SBATCH --gres=gpu:1', '#SBATCH --gres=gpu:2'], 2, undefined],
      [['#SBATCH --gres=none'], undefined, undefined],
    ] as const) {
      const found = computeOf(await read(script(...lines, 'python train.py')))
      assert.deepEqual([found.gpus, found.gpuModel], [gpus, model], lines.join(' '))
    }
  })

  it('counts the tasks of a step', async () => {
    for (const [lines, processes, nodes] of [
      [['#SBATCH --gres=gpu:4', 'python train.py'], 1, 1],
      [['#SBATCH --gres=gpu:4', 'srun python train.py'], 1, 1],
      [['#SBATCH -N 2', '#SBATCH --ntasks-per-node=4', 'srun python train.py'], 4, 2],
      [['#SBATCH -N 2', '#SBATCH -n 8', 'srun python train.py'], 4, 2],
      [['#SBATCH -n 8', 'srun python train.py'], null, null],
      [['#SBATCH -N 2', '#SBATCH --ntasks-per-node=4', 'srun -N 1 -n 1 python train.py'], 1, 1],
      [['#SBATCH -n 4', 'srun -n $N python train.py'], null, null],
      [['#SBATCH -N 1', 'srun torchrun --nproc_per_node=4 train.py'], 4, 1],
    ] as const) {
      const [launch] = (await read(script(...lines))).launches
      assert.deepEqual([launch!.processes, launch!.nodes], [processes, nodes], lines.join('; '))
    }
  })

  it('tells what else may use the GPUs', async () => {
    for (const [line, sharing] of [
      ['module load cuda; source env/bin/activate; mkdir -p out', undefined],
      ['python -c "import torch"; pip install -e .', undefined],
      ['srun hostname', undefined],
      ['python other.py &', 'commands in the background'],
      ['bash run.sh --all', 'bash run.sh'],
      ['./start', './start'],
      ['$COMMAND', '$COMMAND'],
    ] as const) {
      const found = computeOf(await read(script('#SBATCH --gres=gpu:4', line, 'python train.py')))
      assert.equal(found.sharing, sharing, line)
    }
  })

  it('binds the launches of a batch script to its job, with folders and variables', async () => {
    const extraction = await read(
      script(
        '#SBATCH --gres=gpu:1',
        'export TOKENIZERS_PARALLELISM=false',
        'cd code',
        'python train.py --lr 0.1',
      ),
    )
    const [launch] = extraction.launches
    assert.equal(launch!.job, extraction.subjects[0]!.job)
    assert.deepEqual(launch!.program, { path: 'train.py', module: null, bases: ['code'] })
    assert.deepEqual(flagsOf(launch), { lr: '0.1' })
    assert.equal(launch!.environment.TOKENIZERS_PARALLELISM!.value, 'false')
  })

  it('a script without directives is no job', async () => {
    const extraction = await extractionOf([shellReader, slurmReader], 'python train.py\n', 'run.sh')
    assert.deepEqual(extraction.subjects, [])
    assert.equal(extraction.launches[0]!.job, null)
  })
})

describe('Kubernetes jobs', () => {
  const read = (text: string) => extractionOf([kubernetesReader], text, 'job.yaml')
  const job = (pod: string, spec = '') =>
    `apiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\nspec:\n${spec}  template:\n    spec:\n${pod.replace(/^/gm, '      ')}\n`

  it('read machines from labels and from affinity', async () => {
    const extraction = await read(
      job(
        'nodeSelector: {cloud.google.com/gke-spot: "true"}\n' +
          'affinity:\n  nodeAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      nodeSelectorTerms:\n' +
          '        - matchExpressions:\n            - {key: node.kubernetes.io/instance-type, operator: In, values: [p4d.24xlarge]}\n' +
          'containers: [{name: a, image: i, resources: {limits: {nvidia.com/gpu: 8}}}]',
      ),
    )
    const { gpus, gpuModel, instanceType, spot } = computeOf(extraction)
    assert.deepEqual(
      { gpus, gpuModel, instanceType, spot },
      { gpus: 8, gpuModel: 'A100-40GB', instanceType: 'p4d.24xlarge', spot: true },
    )
  })

  it('add up the containers of a pod', async () => {
    const extraction = await read(
      job(
        'containers:\n- {name: a, image: i, resources: {limits: {nvidia.com/gpu: 2}, requests: {nvidia.com/gpu: 2}}}\n' +
          '- {name: b, image: i, resources: {requests: {nvidia.com/gpu: "1"}}}\n- {name: log, image: i}',
      ),
    )
    const { gpus, sharing } = computeOf(extraction)
    assert.deepEqual({ gpus, sharing }, { gpus: 3, sharing: 'several containers' })
  })

  it('expand the variables of the container, and keep the rest', async () => {
    const extraction = await read(
      job(
        'containers:\n- name: a\n  image: i\n  workingDir: /app\n' +
          '  command: [python, train.py, --lr, $(LR), "--out=$(OUT)", "$$HOME"]\n' +
          '  env: [{name: LR, value: "0.1"}, {name: OUT, valueFrom: {configMapKeyRef: {name: c, key: k}}}]',
      ),
    )
    const [launch] = extraction.launches
    assert.equal(launch!.program.path, '/app/train.py')
    assert.deepEqual(flagsOf(launch), { lr: '0.1', out: null })
    assert.equal(launch!.environment.LR!.value, '0.1')
    assert.equal(launch!.environment.OUT!.value, null)
  })

  it('read around templates', async () => {
    const extraction = await read(
      job(
        'containers:\n- name: a\n  image: i\n  command: [python, "{{ .Values.root }}/train.py", "--lr={{ .Values.lr }}", "--epochs", "{{ .Values.epochs }}", "--amp"]',
      ),
    )
    const [launch] = extraction.launches
    assert.equal(launch!.program.path, '/train.py')
    assert.deepEqual(flagsOf(launch), { lr: null, epochs: null, amp: true })
  })

  it('read scripts in the shell, each launch apart', async () => {
    const extraction = await read(
      job(
        'containers:\n- name: a\n  image: i\n  command: [bash, -lc]\n  args:\n    - |\n      cd src\n' +
          '      python train.py --epochs 3\n      python eval.py',
      ),
    )
    assert.deepEqual(
      extraction.launches.map(({ program }) => [program.path, program.bases[0]]),
      [
        ['train.py', 'src'],
        ['eval.py', 'src'],
      ],
    )
    assert.equal(new Set(extraction.launches.map((one) => one.id)).size, 2)
  })

  it('say nothing of other objects and of half a manifest', async () => {
    for (const text of [
      'apiVersion: batch/v1\nkind: Job\n',
      'apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n',
      'apiVersion: apps/v1\nkind: Deployment # batch/v1\nspec: {template: {spec: {containers: []}}}\n',
      'apiVersion: batch/v1\nkind: Job\nspec: [1, 2]\n',
      'kind: List\nitems: # batch/v1\n',
    ]) {
      assert.deepEqual(await read(text), { subjects: [], claims: [], launches: [] }, text)
    }
  })
})

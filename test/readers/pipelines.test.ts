import assert from 'node:assert/strict'
import { flyteReader } from '../../server/src/readers/flyte/tasks.js'
import { kubeflowReader } from '../../server/src/readers/kubeflow/pipeline.js'
import { metaflowReader } from '../../server/src/readers/metaflow/flow.js'
import { workOfName } from '../../server/src/readers/pipelines/step-work.js'
import type { Reader } from '../../server/src/readers/reader.js'
import { sagemakerProcessorReader } from '../../server/src/readers/sagemaker/processor.js'
import { zenmlReader } from '../../server/src/readers/zenml/steps.js'
import { extractionOf, settingsOf } from './claims-of.js'

describe('what the name of a step says', () => {
  const names: Record<string, string> = {
    preprocess: 'prepare',
    'prepare data': 'prepare',
    PreprocessAbaloneData: 'prepare',
    train_test_split: 'prepare',
    split_training_data: 'prepare',
    create_dataset: 'prepare',
    tokenize: 'prepare',
    build_embeddings: 'prepare',
    read_embedded_artifact: '',
    prepend_id: '',
    hello_world: '',
    model_loader: '',
    load_training_data: 'download',
    ingest_data: 'download',
    data_loader: 'download',
    load_features: 'download',
    model_trainer: 'train',
    AutoMLTabularTrainingJobRun: 'train',
    HyperparameterTuningJobRun: 'tune',
    finetune_modernbert: 'train',
    evaluate_model: 'evaluate',
    batch_inference: 'evaluate',
    deploy_model: 'deploy',
    ModelDeploy: 'deploy',
    notify_on_success: 'report',
    clean_up: 'report',
    train_and_deploy: 'train deploy',
  }
  for (const [name, expected] of Object.entries(names)) {
    it(`${name}: ${expected || 'nothing'}`, () => {
      assert.equal(workOfName(name).join(' '), expected)
    })
  }
})

describe('what a step of a pipeline asks for', () => {
  const compute = async (reader: Reader, text: string) =>
    settingsOf(await extractionOf([reader], text, 'pipeline.py'), 'Compute')
  const step = async (reader: Reader, text: string) =>
    settingsOf(await extractionOf([reader], text, 'pipeline.py'), 'Step')

  const pipeline = (...lines: string[]) =>
    `import kfp\nfrom kfp import dsl, kubernetes\nfrom components import train\n@dsl.pipeline(name='p')\ndef p(data: str):\n    task = train(data=data)\n${lines.map((line) => `    ${line}\n`).join('')}`

  it('Kubeflow: accelerators, processors, retries', async () => {
    const text = pipeline(
      "task.set_cpu_limit('16').set_accelerator_type('NVIDIA_TESLA_V100').set_accelerator_limit('4')",
      'task.set_retry(num_retries=3)',
    )
    const { gpus, gpuModel, cpus, choosesCapacity, provider } = await compute(kubeflowReader, text)
    assert.deepEqual(
      { gpus, gpuModel, cpus, choosesCapacity, provider },
      { gpus: 4, gpuModel: 'V100', cpus: 16, choosesCapacity: false, provider: 'gcp' },
    )
    assert.equal((await step(kubeflowReader, text)).retries, 3)
  })

  it('Kubeflow, version 1: the model from a label of the node', async () => {
    const text = pipeline(
      "task.set_gpu_limit(1).add_node_selector_constraint('cloud.google.com/gke-accelerator', 'nvidia-tesla-p100')",
    )
    assert.equal((await compute(kubeflowReader, text)).gpuModel, 'P100')
  })

  it('Kubeflow: a TPU is no GPU', async () => {
    const text = pipeline("task.set_accelerator_type('TPU_V3').set_accelerator_limit(8)")
    assert.deepEqual(await compute(kubeflowReader, text), {})
  })

  it('Kubeflow: preemptible nodes', async () => {
    const text = pipeline('task.set_gpu_limit(1).apply(gcp.use_preemptible_nodepool())')
    assert.equal((await compute(kubeflowReader, text)).spot, true)
  })

  it('Kubeflow: limits of time', async () => {
    const limited = pipeline('task.set_gpu_limit(1)', 'kubernetes.set_timeout(task, 7200)')
    assert.equal((await compute(kubeflowReader, limited)).timeLimit, 7200)
    const submitted = `${pipeline('task.set_gpu_limit(1)')}kfp.Client().create_run_from_pipeline_func(p, arguments={})\n`
    assert.equal((await compute(kubeflowReader, submitted)).timeLimit, null)
    assert.equal((await compute(kubeflowReader, pipeline('task.set_gpu_limit(1)'))).timeLimit, null)
  })

  it('Kubeflow: what cannot be read', async () => {
    const text = pipeline('task.set_gpu_limit(COUNT)')
    assert.match(String((await compute(kubeflowReader, text)).gpus), /^unknown/)
  })

  it('Metaflow: a limit of five days by default, its own where it is set', async () => {
    const flow = (decorators: string) =>
      `from metaflow import FlowSpec, batch, resources, retry, step, timeout\nclass F(FlowSpec):\n${decorators}    @step\n    def train(self):\n        pass\n`
    const plain = flow('    @retry(times=4)\n    @batch(gpu=2, cpu=8)\n')
    const { gpus, cpus, timeLimit, provider } = await compute(metaflowReader, plain)
    assert.deepEqual(
      { gpus, cpus, timeLimit, provider },
      { gpus: 2, cpus: 8, timeLimit: 432_000, provider: 'aws' },
    )
    assert.equal((await step(metaflowReader, plain)).retries, 4)
    const limited = flow('    @timeout(hours=2, minutes=30)\n    @resources(gpu=1)\n')
    assert.equal((await compute(metaflowReader, limited)).timeLimit, 9000)
  })

  it('Metaflow: the machines that run a step together', async () => {
    const flow = (next: string) =>
      `from metaflow import FlowSpec, kubernetes, step\nMACHINES = 4\nclass F(FlowSpec):\n    @step\n    def start(self):\n        self.next(self.train${next})\n    @kubernetes(gpu=8)\n    @step\n    def train(self):\n        pass\n`
    assert.equal((await compute(metaflowReader, flow(', num_parallel=MACHINES'))).nodes, 4)
    assert.equal((await compute(metaflowReader, flow(''))).nodes, undefined)
  })

  it('Flyte: resources, model, spot capacity', async () => {
    const text =
      "from flytekit import Resources, task\nfrom flytekit.extras.accelerators import GPUAccelerator\n@task(limits=Resources(cpu='8', gpu='2'), accelerator=GPUAccelerator('nvidia-tesla-t4'), interruptible=True, retries=5)\ndef train(x: int) -> int:\n    return x\n"
    const { gpus, gpuModel, cpus, spot } = await compute(flyteReader, text)
    assert.deepEqual({ gpus, gpuModel, cpus, spot }, { gpus: 2, gpuModel: 'T4', cpus: 8, spot: true })
    assert.equal((await step(flyteReader, text)).retries, 5)
  })

  it('ZenML: resources and retries', async () => {
    const text =
      "from zenml import step\nfrom zenml.config import ResourceSettings\nfrom zenml.config.retry_config import StepRetryConfig\n@step(settings={'resources': ResourceSettings(gpu_count=2, cpu_count=8)}, retry=StepRetryConfig(max_retries=3))\ndef train_model(path: str) -> None:\n    pass\n"
    const { gpus, cpus } = await compute(zenmlReader, text)
    assert.deepEqual({ gpus, cpus }, { gpus: 2, cpus: 8 })
    assert.equal((await step(zenmlReader, text)).retries, 3)
  })

  it('SageMaker: a processor and each script that it runs', async () => {
    const text =
      "from sagemaker.processing import FrameworkProcessor\np = FrameworkProcessor(instance_type='ml.g4dn.xlarge', instance_count=2, max_runtime_in_seconds=1800)\np.run(code='a.py', source_dir='src')\np.run(code='s3://bucket/b.py')\n"
    const extraction = await extractionOf([sagemakerProcessorReader], text, 'job.py')
    const { gpus, nodes, timeLimit, spot } = settingsOf(extraction, 'Compute')
    assert.deepEqual(
      { gpus, nodes, timeLimit, spot },
      { gpus: 1, nodes: 2, timeLimit: 1800, spot: undefined },
    )
    assert.deepEqual(
      extraction.launches.map((launch) => launch.program.path),
      ['src/a.py', null],
    )
  })

  it('withstand code that is being typed', async () => {
    const broken = [
      'from kfp import dsl\n@dsl.pipeline\ndef p(\n  t = f().set_caching_options(False',
      'from kfp import dsl\nt = t.set_gpu_limit(1)\nt.set_caching_options(False)\n',
      `from kfp import dsl\nt = x()${'.set_gpu_limit(1)'.repeat(3000)}\n`,
      `from kfp import dsl\n@dsl.pipeline\ndef p():\n    preprocess(x=${'['.repeat(10_000)}${']'.repeat(10_000)})\n    preprocess(x=${'f('.repeat(10_000)}${')'.repeat(10_000)}).set_caching_options(False)\n`,
      `import time\nfrom kfp import dsl\n@dsl.component\ndef preprocess(x): pass\n@dsl.pipeline\ndef p():\n    preprocess(x=${'('.repeat(5000)}time.time()${')'.repeat(5000)})\n    preprocess(x=${'1+'.repeat(5000)}time.time())\n`,
      'from zenml import step\n@step(enable_cache=\ndef f(): pass\n',
      'from flytekit import task\n@task(cache=True, requests=Resources(gpu=\ndef f(): pass\n',
    ]
    for (const text of broken)
      await extractionOf([kubeflowReader, zenmlReader, flyteReader, metaflowReader], text, 'p.py')
  })
})

/** `costlint estimate` on a small project, through the real engine. */
import assert from 'node:assert/strict'
import { runHere } from './here.js'

const script = `from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments
from reviews import data

tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")
model = AutoModelForSequenceClassification.from_pretrained("bert-base-uncased")
data = data.map(lambda rows: tokenizer(rows["text"], truncation=True, max_length=256), batched=True)
args = TrainingArguments("out", per_device_train_batch_size=64, fp16=True)
Trainer(model=model, args=args, train_dataset=data["train"]).train()
`

const launcher = `from sagemaker.huggingface import HuggingFace

HuggingFace(
    entry_point="train.py",
    role="training",
    instance_type="ml.g4dn.xlarge",
    instance_count=1,
    transformers_version="4.49",
    pytorch_version="2.5",
    py_version="py311",
).fit()
`

const estimate = (files: Record<string, string>, args: string[]) => runHere(files, ['estimate', ...args])

describe('costlint estimate', () => {
  it('reads how the file of `accelerate launch` shares states', async () => {
    const launched = (file: string) =>
      estimate(
        {
          'train.py': script,
          'run.sh': 'accelerate launch --config_file shared.yaml train.py\n',
          'shared.yaml': file,
        },
        ['train.py'],
      )
    const zero = 'deepspeed_config:\n  zero_stage: 3\n  offload_optimizer_device: cpu\n'
    const deepspeed = await launched(
      `compute_environment: LOCAL_MACHINE\ndistributed_type: DEEPSPEED\n${zero}mixed_precision: bf16\n`,
    )
    assert.match(deepspeed.out, /\n {2}sharding +ZeRO stage 3.* shared\.yaml:2\n/)
    const fsdp = await launched(
      'distributed_type: FSDP\nfsdp_config:\n  fsdp_sharding_strategy: SHARD_GRAD_OP\nmixed_precision: bf16\n',
    )
    assert.match(fsdp.out, /\n {2}sharding +FSDP.* shared\.yaml:1\n/)
    const hybrid = await launched(
      'distributed_type: FSDP\nfsdp_config:\n  fsdp_sharding_strategy: HYBRID_SHARD\nmixed_precision: bf16\n',
    )
    assert.match(hybrid.out, /no estimate: /)
  })

  it('prints each item, where each input was read, and the machine of the job with its price', async () => {
    const { out, code } = await estimate({ 'train.py': script, 'launch.py': launcher }, ['train.py'])
    assert.equal(code, 0)
    assert.match(out, /^train\.py:7 bert-base-uncased, 109 M parameters\n {2}launched at launch\.py:4\n/)
    assert.match(out, /\n {2}weights +0\.41 GiB\n/)
    assert.match(out, /\n {2}optimizer states +0\.82 GiB\n/)
    assert.match(out, /\n {2}activations +\d\.\d\d GiB\n/)
    assert.match(out, /\n {2}between \d+\.\d\d GiB and \d+\.\d\d GiB, before the first gradient\n/)
    assert.match(out, /\n {2}batch +64 +train\.py:7\n/)
    assert.match(out, /\n {2}tokens +256 +train\.py:6\n/)
    assert.match(out, /\n {2}optimizer +adamw +default of train\.py:7\n/)
    assert.match(
      out,
      /\n {2}ml\.g4dn\.xlarge \(T4\): fits.* of 14\.56 GiB usable · \$0\.74\/h on demand in us-east-1/,
    )
    assert.match(out, /\n {2}a step takes [\d.]+.*s, [\d.]+–[\d.,]+ samples\/s on each GPU/)
  })

  it('says what would make it fit, the cheapest change first', async () => {
    const large = script.replace('batch_size=64', 'batch_size=256').replace('fp16=True', 'fp16=False')
    const { out } = await estimate({ 'train.py': large }, ['--gpu', 'g4dn.xlarge'])
    assert.match(out, /T4: does not fit, \d{3} %/)
    const ways = out.slice(out.indexOf('what would make it fit'))
    assert.ok(ways.indexOf('a batch of') < ways.indexOf('gradient checkpointing'), out)
  })

  it('names what lacks, and gives no number', async () => {
    const open = script
      .replace('max_length=256', 'max_length=data.longest')
      .replaceAll('bert-base-uncased', 'gpt2')
    const { out } = await estimate({ 'train.py': open }, [])
    assert.match(out, /no estimate: not known is the length of the sequences/)
    assert.doesNotMatch(out, /GiB/)
  })

  it('gives a wide interval where only what the model computes is on record', async () => {
    const t5 = script.replace('fp16=True', 'bf16=True').replaceAll('bert-base-uncased', 't5-base')
    const { out } = await estimate({ 'train.py': t5 }, ['train.py', '--gpu', 'A100-80GB'])
    assert.match(out, /^train\.py:7 t5-base, 223 M parameters\n/)
    assert.match(out, /\n {2}between \d+\.\d\d GiB and \d+\.\d\d GiB/)
    assert.match(out, /^ {2}layers +by what they compute, samples of up to 256 tokens +assumed$/m)
    assert.doesNotMatch(out, /published measurements/)
  })

  it('reads the model of a table of models by the default of the option that chooses it', async () => {
    const program = `import argparse
import torch
import torchvision.models as models
from torchvision import datasets, transforms

parser = argparse.ArgumentParser()
parser.add_argument('--arch', default='resnet101')
args = parser.parse_args()
model = models.__dict__[args.arch]().cuda()
steps = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()])
loader = torch.utils.data.DataLoader(datasets.ImageFolder('data', steps), batch_size=64, shuffle=True)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(90):
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x.cuda()), y.cuda())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`
    const byTable = await estimate({ 'train.py': program }, ['train.py'])
    assert.match(byTable.out, /^train\.py:14 resnet101, 45 M parameters\n/)
    assert.match(byTable.out, /^ {2}model +resnet101 +train\.py:9$/m)
    const byName = await estimate(
      { 'train.py': program.replace('models.__dict__[args.arch]', 'getattr(models, args.arch)') },
      ['train.py'],
    )
    assert.match(byName.out, /^train\.py:14 resnet101, 45 M parameters\n/)
  })

  it('reads a recipe of Axolotl: 4-bit weights, adapters, length, checkpointing', async () => {
    const recipe = `base_model: NousResearch/Meta-Llama-3-8B
load_in_4bit: true
adapter: qlora
lora_r: 32
lora_target_linear: true
datasets:
  - path: tickets.jsonl
    type: alpaca
sequence_len: 4096
sample_packing: true
micro_batch_size: 2
gradient_accumulation_steps: 4
optimizer: paged_adamw_8bit
bf16: auto
gradient_checkpointing: true
num_epochs: 3
`
    const { out } = await estimate({ 'qlora.yaml': recipe }, ['qlora.yaml', '--gpu', 'A100-40GB'])
    assert.match(out, /^qlora\.yaml:1 NousResearch\/Meta-Llama-3-8B, 8\.0 B parameters$/m)
    assert.match(out, /^ {2}weights +4 bits +qlora\.yaml:3$/m)
    assert.match(out, /^ {2}batch +2 +qlora\.yaml:11$/m)
    assert.match(out, /^ {2}tokens +4,096 +qlora\.yaml:9$/m)
    assert.match(out, /^ {2}optimizer +adamw 8 bit +qlora\.yaml:13$/m)
    assert.match(out, /^ {2}adapters +rank 32 on all layers +qlora\.yaml:4$/m)
    assert.match(out, /^ {2}checkpointing +on +qlora\.yaml:15$/m)
    assert.match(out, /A100-40GB: fits, \d\d % of/)
  })

  it('reads a recipe of LLaMA-Factory, and what it does by itself', async () => {
    const recipe = `model_name_or_path: Qwen/Qwen3-4B-Instruct-2507
stage: sft
do_train: true
finetuning_type: lora
lora_target: all
dataset: tickets
template: qwen3
per_device_train_batch_size: 1
bf16: true
`
    const { out } = await estimate({ 'lora.yaml': recipe }, ['lora.yaml'])
    assert.match(out, /^ {2}weights +16 bits +lora\.yaml:9$/m)
    assert.match(out, /^ {2}adapters +rank 8 on all layers +lora\.yaml:4$/m)
    assert.match(out, /^ {2}tokens +2,048 +default of lora\.yaml:1$/m)
    assert.match(out, /^ {2}checkpointing +on +default of lora\.yaml:1$/m)
    const shared = await estimate({ 'lora.yaml': `${recipe}deepspeed: ds_z3.json\n` }, ['lora.yaml'])
    assert.match(shared.out, /no estimate: not known is the number of devices/)
    assert.match(shared.out, /^ {2}sharding +ZeRO stage 3 +lora\.yaml:10$/m)
    const own = await estimate({ 'lora.yaml': `${recipe}deepspeed: ours.json\n` }, ['lora.yaml'])
    assert.match(own.out, /no estimate: not known is how states are shared among devices/)
  })

  it('takes texts that are prepared elsewhere to be as long as BERT can read', async () => {
    const own = script.replace(/^data = .*\n/m, '')
    const { out } = await estimate({ 'train.py': own, 'launch.py': launcher }, ['train.py'])
    assert.match(out, /^ {2}tokens +at most 512 +assumed$/m)
    assert.match(out, /ml\.g4dn\.xlarge \(T4\): tight/)
  })

  it('prices a machine with what is attached to it, and with the fee of Vertex AI', async () => {
    const vertex = `from google.cloud import aiplatform

aiplatform.init(project="tickets", location="us-central1")
aiplatform.CustomTrainingJob(display_name="tickets", script_path="train.py", container_uri="us-docker.pkg.dev/x").run(
    machine_type="n1-standard-8", accelerator_type="NVIDIA_TESLA_V100", accelerator_count=1
)
`
    const { out } = await estimate({ 'train.py': script, 'launch.py': vertex }, ['train.py'])
    // (0.379998 + 2.48) and 15 %.
    assert.match(out, /n1-standard-8 \(V100\): .* \$3\.29\/h on demand in us-central1/)
  })

  it('as JSON, in bytes', async () => {
    const { out } = await estimate({ 'train.py': script }, ['--output-format', 'json', '--gpu', 'A100-80GB'])
    const { version, unit, estimates } = JSON.parse(out)
    assert.equal(version, 1)
    assert.equal(unit, 'bytes')
    const [one] = estimates
    assert.equal(estimates.length, 1)
    assert.equal(one.parameters, 109_482_240)
    assert.equal(one.machine.verdict, 'fits with margin')
    const sum = one.memory.items.reduce((total: number, item: { bytes: number }) => total + item.bytes, 0)
    assert.ok(Math.abs(sum - one.memory.expected) < 1e6)
  })

  it('nothing that trains, and hardware that is not known', async () => {
    const nothing = await estimate({ 'train.py': 'print("hello")\n' }, [])
    assert.equal(nothing.out, 'No training found.\n')
    const wrong = await estimate({ 'train.py': script }, ['--gpu', 'Z9000'])
    assert.equal(wrong.code, 2)
    assert.match(wrong.err, /neither an accelerator nor a machine type/)
  })
})

/**
 * Commands that start the processes of a training program, and programs that train by themselves. Data, from the
 * documentation and `--help` of each tool.
 */
import { type OptionTable, table } from './option-table.js'
import { srunOptions } from './slurm-options.js'

export interface Launcher extends OptionTable {
  words: string[]
  /** Name in claims and messages. */
  name: string
  /** What stands behind the options: a Python script, or a command of any kind. */
  starts: 'script' | 'command'
  /** Options that say that the program is a module, or a command instead of a script. */
  module?: string[]
  plainCommand?: string[]
  /** How processes are counted; see `processes.ts`. */
  counts:
    | 'torchrun'
    | 'paddle'
    | 'accelerate'
    | 'deepspeed'
    | 'mpi'
    | 'srun'
    | 'composer'
    | 'fabric'
    | 'slots'
    | 'spark'
    | 'same'
  /** Words of its line that move the program's work to an accelerator: what the program does on its own is then not what is done. */
  accelerates?: RegExp
  /** Options that name configuration files. */
  files?: string[]
  environment?: string[]
}

/** A program that trains by itself, configured by arguments and files. */
export interface Trainer extends OptionTable {
  words: string[]
  name: string
  module: string
  /** Processes per node when nothing is said; 0: one for each device, null: unknown. */
  processes: number | null
  counts?: 'torchrun'
  /** The variable that says how many processes it starts. */
  countedBy?: string
  /** A reader reads from its command line how it trains. */
  described?: true
  /** It gets data ready, on processors alone. */
  prepares?: true
}

const torchrunValues =
  'nnodes nproc-per-node rdzv-backend rdzv-endpoint rdzv-id rdzv-conf max-restarts monitor-interval start-method log-dir r redirects t tee local-ranks-filter node-rank master-addr master-port local-addr logs-specs role numa-binding event-log-handler'
const torchrunOptions = table(torchrunValues, 'standalone run-path no-python use-env virtual-local-rank ', {
  r: 'redirects',
  t: 'tee',
})
const torchrun = {
  ...torchrunOptions,
  starts: 'script' as const,
  module: ['m', 'module'],
  plainCommand: ['no-python'],
  counts: 'torchrun' as const,
}
const accelerateOptions = table(
  'config-file num-processes num-machines machine-rank main-process-ip main-process-port mixed-precision dynamo-backend dynamo-mode num-cpu-threads-per-process gpu-ids rdzv-backend rdzv-conf max-restarts monitor-interval role tee log-dir deepspeed-config-file deepspeed-hostfile deepspeed-exclusion-filter deepspeed-inclusion-filter deepspeed-multinode-launcher zero-stage offload-optimizer-device offload-param-device offload-optimizer-nvme-path offload-param-nvme-path gradient-accumulation-steps gradient-clipping zero3-init-flag zero3-save-16bit-model deepspeed-moe-layer-cls-names fsdp-version fsdp-offload-params fsdp-min-num-params fsdp-sharding-strategy fsdp-auto-wrap-policy fsdp-transformer-layer-cls-to-wrap fsdp-backward-prefetch fsdp-state-dict-type fsdp-forward-prefetch fsdp-use-orig-params fsdp-cpu-ram-efficient-loading fsdp-sync-module-states fsdp-activation-checkpointing fsdp-reshard-after-forward megatron-lm-tp-degree megatron-lm-pp-degree megatron-lm-num-micro-batches megatron-lm-sequence-parallelism megatron-lm-recompute-activations megatron-lm-use-distributed-optimizer megatron-lm-gradient-clipping tpu-name tpu-zone vm env aws-access-key-id aws-secret-access-key main-training-function training-script-args fp8-backend fp8-format mpirun-hostfile mpirun-ccl rdzv-endpoint parallelism-config-dp-replicate-size parallelism-config-dp-shard-size parallelism-config-tp-size parallelism-config-cp-size',
  'cpu multi-gpu tpu ipex use-deepspeed use-fsdp use-megatron-lm use-xpu use-parallelism-config dynamo-use-fullgraph dynamo-use-dynamic no-python quiet q debug enable-cpu-affinity same-network tpu-cluster no-tpu-cluster tpu-use-sudo use-cpu downcast-bf16 main-process-only',
)
const accelerate = {
  ...accelerateOptions,
  starts: 'script' as const,
  module: ['m', 'module'],
  plainCommand: ['no-python'],
  counts: 'accelerate' as const,
  files: ['config-file', 'deepspeed-config-file'],
}
const deepspeed = {
  ...table(
    'H hostfile i include e exclude num-nodes min-elastic-nodes max-elastic-nodes num-gpus master-port master-addr node-rank launcher launcher-args autotuning bind-core-list venv-script ssh-port world-info enable-each-rank-log',
    'force-multi no-ssh no-ssh-check save-pid no-local-rank elastic-training bind-cores-to-rank no-python',
    { H: 'hostfile', i: 'include', e: 'exclude' },
  ),
  starts: 'script' as const,
  module: ['module'],
  plainCommand: ['no-python'],
  counts: 'deepspeed' as const,
}
const mpi = {
  ...table(
    'np n c x H host hosts hostfile machinefile f mca*2 gmca*2 npernode N ppn map-by bind-to rank-by wdir wd path prefix output-filename env*2 genv*2 genvlist envlist iface launcher rmk tune timeout am cpus-per-proc npersocket stdin ranks-per-proc outfile-pattern',
    'allow-run-as-root oversubscribe nooversubscribe tag-output report-bindings display-map display-allocation pernode q v verbose l prepend-rank nolocal use-hwthread-cpus disable-auto-install-signal-handlers bynode byslot merge-stderr-to-stdout',
    {
      n: 'np',
      c: 'np',
      N: 'npernode',
      ppn: 'npernode',
      hosts: 'H',
      host: 'H',
      machinefile: 'hostfile',
      f: 'hostfile',
    },
    true,
  ),
  starts: 'command' as const,
  counts: 'mpi' as const,
  environment: ['x'],
}
const srunName = 'srun'
const srun = { ...srunOptions, starts: 'command' as const, counts: 'srun' as const }
const fabric = {
  ...table('accelerator strategy devices num-nodes node-rank main-address main-port precision'),
  starts: 'script' as const,
  counts: 'fabric' as const,
}

const composer = {
  ...table(
    'n nproc world-size base-rank node-rank master-addr master-port stdout stderr run-directory',
    'v verbose',
    { n: 'nproc' },
  ),
  starts: 'script' as const,
  module: ['m', 'module-mode'],
  plainCommand: ['c', 'command-mode'],
  counts: 'composer' as const,
}

// Sources: `spark-submit --help` of Spark 3.5; https://docs.nvidia.com/spark-rapids/user-guide/latest/ for what computes on GPUs.
const spark = {
  ...table(
    'master deploy-mode class name jars packages exclude-packages repositories py-files files archives c conf properties-file driver-memory driver-java-options driver-library-path driver-class-path executor-memory proxy-user driver-cores total-executor-cores executor-cores num-executors principal keytab queue',
    'supervise verbose v',
    { c: 'conf' },
  ),
  starts: 'script' as const,
  counts: 'spark' as const,
  accelerates: /com\.nvidia\.spark|spark\.rapids|\.resource\.gpu\.|rapids-4-spark|^--properties-file/,
}

export const launchers: Launcher[] = [
  { words: ['torchrun'], name: 'torchrun', ...torchrun },
  { words: ['accelerate', 'launch'], name: 'accelerate', ...accelerate },
  { words: ['accelerate-launch'], name: 'accelerate', ...accelerate },
  { words: ['deepspeed'], name: 'deepspeed', ...deepspeed },
  { words: ['ds'], name: 'deepspeed', ...deepspeed },
  { words: ['mpirun'], name: 'mpirun', ...mpi },
  { words: ['mpiexec'], name: 'mpirun', ...mpi },
  { words: ['mpiexec.hydra'], name: 'mpirun', ...mpi },
  {
    words: ['horovodrun'],
    name: 'horovodrun',
    ...table(
      'np num-proc p ssh-port H hosts hostfile network-interface start-timeout output-filename config-file fusion-threshold-mb cycle-time-ms cache-capacity min-np max-np slots-per-host host-discovery-script timeline-filename autotune-log-file log-level i ssh-identity-file mpi-args',
      'check-build verbose gloo mpi jsrun disable-cache autotune timeline-mark-cycles',
      { 'num-proc': 'np', hosts: 'H' },
      true,
    ),
    starts: 'command',
    counts: 'mpi',
  },
  {
    words: ['colossalai', 'run'],
    name: 'colossalai',
    ...table(
      'nproc-per-node nnodes node-rank master-addr master-port hostfile host H include exclude extra-launch-args ssh-port',
      'm module',
      { H: 'host' },
    ),
    starts: 'script',
    module: ['m', 'module'],
    counts: 'torchrun',
  },
  { words: ['srun'], name: srunName, ...srun },
  { words: ['composer'], name: 'composer', ...composer },
  { words: ['spark-submit'], name: 'spark-submit', ...spark },
  { words: ['lightning', 'run', 'model'], name: 'lightning run', ...fabric },
  { words: ['fabric', 'run', 'model'], name: 'lightning run', ...fabric },
  { words: ['lightning', 'run'], name: 'lightning run', ...fabric },
  { words: ['fabric', 'run'], name: 'lightning run', ...fabric },
]

/** Determined's launchers start a process for each slot of the trial, behind options of their own and `--`. */
const determined = (name: string, options: string): Launcher => ({
  words: [],
  name: `determined.launch.${name}`,
  ...table(options),
  starts: 'command',
  counts: 'slots',
})

/** Modules that are launchers when Python runs them. */
export const launcherModules: Record<string, Launcher> = {
  'torch.distributed.run': { words: [], name: 'torchrun', ...torchrun },
  'torch.distributed.launch': { words: [], name: 'torch.distributed.launch', ...torchrun },
  'accelerate.commands.launch': { words: [], name: 'accelerate', ...accelerate },
  // Source: paddle/distributed/launch/context/args_envs.py of Paddle 2.6.
  'paddle.distributed.launch': {
    words: [],
    name: 'paddle.distributed.launch',
    ...table(
      'gpus devices selected-gpus xpus npus ips nproc-per-node nnodes master rank log-dir log-level log-overwrite run-mode job-id servers workers trainers trainer-num server-num elastic-level elastic-timeout max-restart host legacy sort-ip enable-gpu-log auto-tuner-json',
    ),
    starts: 'script',
    counts: 'paddle',
  },
  'composer.cli.launcher': { words: [], name: 'composer', ...composer },
  'deepspeed.launcher.runner': { words: [], name: 'deepspeed', ...deepspeed },
  'determined.launch.torch_distributed': determined('torch_distributed', torchrunValues),
  'determined.launch.deepspeed': determined('deepspeed', 'trial'),
  'determined.launch.horovod': determined('horovod', 'trial'),
  'determined.launch.tensorflow': determined('tensorflow', ''),
}

const perDevice = new Set(
  [...launchers, ...Object.values(launcherModules)]
    // These start what they are given, once or once for each task of a scheduler.
    .filter(({ counts }) => counts !== 'same' && counts !== 'srun' && counts !== 'spark')
    .map(({ name }) => name),
)

/** Programs that start their own processes as a launcher would. */
const launching = new Set(['torchtune', 'llamafactory', 'swift'])

/** True for launchers whose processes train together, meant to be one for each device. */
export function startsPerDevice(launcher: string): boolean {
  return perDevice.has(launcher) || launching.has(launcher)
}

/** True for launchers that start the program as it is, on each node of the job. */
export function startsOnEveryNode(launcher: string): boolean {
  return launcher === srunName
}

const noOptions = table('')
export const trainers: Trainer[] = [
  {
    words: ['axolotl', 'train'],
    name: 'axolotl',
    module: 'axolotl.cli.train',
    processes: null,
    ...noOptions,
  },
  {
    words: ['llamafactory-cli', 'train'],
    name: 'llamafactory',
    module: 'llamafactory.cli',
    processes: 0,
    ...noOptions,
  },
  {
    words: ['tune', 'run'],
    name: 'torchtune',
    module: 'torchtune',
    processes: 1,
    ...torchrunOptions,
    counts: 'torchrun',
  },
  ...['sft', 'pt', 'rlhf'].map((command) => ({
    words: ['swift', command],
    name: 'swift',
    module: `swift.cli.${command}`,
    processes: null,
    countedBy: 'NPROC_PER_NODE',
    described: true as const,
    ...noOptions,
  })),
  { words: ['mim', 'train'], name: 'mim', module: 'mim.train', processes: null, ...noOptions },
  { words: ['yolo', 'detect', 'train'], name: 'yolo', module: 'ultralytics', processes: null, ...noOptions },
  { words: ['yolo', 'segment', 'train'], name: 'yolo', module: 'ultralytics', processes: null, ...noOptions },
  {
    words: ['yolo', 'classify', 'train'],
    name: 'yolo',
    module: 'ultralytics',
    processes: null,
    ...noOptions,
  },
  { words: ['yolo', 'pose', 'train'], name: 'yolo', module: 'ultralytics', processes: null, ...noOptions },
  // Source: https://spacy.io/api/cli#train, 3.8: one process, which computes on the device that `--gpu-id` names.
  { words: ['spacy', 'train'], name: 'spacy', module: 'spacy.cli.train', processes: 1, ...noOptions },
  // Source: nnU-Net, experiment_planning; fairseq_cli/preprocess.py; sentencepiece. None of them looks for an accelerator.
  ...[
    'nnUNetv2_plan_and_preprocess',
    'nnUNetv2_preprocess',
    'nnUNet_plan_and_preprocess',
    'fairseq-preprocess',
    'spm_train',
    'spm_encode',
  ].map((name) => ({
    words: [name],
    name,
    module: name,
    processes: 1,
    prepares: true as const,
    ...noOptions,
  })),
  // Source: trl, cli.py: it starts one process for each device that it finds, as `accelerate launch` does.
  ...['sft', 'dpo', 'kto', 'grpo', 'rloo', 'reward'].map((command) => ({
    words: ['trl', command],
    name: 'trl',
    module: `trl.scripts.${command}`,
    processes: null,
    ...noOptions,
  })),
  // Source: fairseq_cli/train.py: it starts a process for each device that it finds.
  { words: ['fairseq-train'], name: 'fairseq', module: 'fairseq_cli.train', processes: 0, ...noOptions },
  {
    words: ['fairseq-hydra-train'],
    name: 'fairseq',
    module: 'fairseq_cli.hydra_train',
    processes: 0,
    ...noOptions,
  },
  // Source: onmt/bin/train.py: `world_size` of its file says how many.
  { words: ['onmt_train'], name: 'onmt', module: 'onmt.bin.train', processes: null, ...noOptions },
  { words: ['ludwig', 'train'], name: 'ludwig', module: 'ludwig.train', processes: null, ...noOptions },
  { words: ['nnUNetv2_train'], name: 'nnUNetv2_train', module: 'nnunetv2', processes: 1, ...noOptions },
  {
    words: ['colabfold_batch'],
    name: 'colabfold_batch',
    module: 'colabfold.batch',
    processes: 1,
    ...noOptions,
  },
  {
    words: ['mace_run_train'],
    name: 'mace_run_train',
    module: 'mace.cli.run_train',
    processes: 1,
    ...noOptions,
  },
  { words: ['yolo', 'train'], name: 'yolo', module: 'ultralytics', processes: null, ...noOptions },
]

/** What a text mentions that starts one of them. */
export const trainerWords = [...new Set(trainers.map(({ words }) => words.join(' ')))]

const described = new Set(trainers.filter((one) => one.described === true).map(({ name }) => name))

/** The command line says all that is to be known of the training. */
export function describesItself(launcher: string): boolean {
  return described.has(launcher)
}

const preparing = new Set(trainers.filter((one) => one.prepares === true).map(({ name }) => name))

/** A program of another project that gets data ready and could use no accelerator. */
export function preparesData(launcher: string): boolean {
  return preparing.has(launcher)
}

/** Modules that a program imports and that are neither known libraries nor in the project: what they could bring. */
import { callsInto, type ImportedModule, importedModules } from '../../python/imported-modules.js'
import type { Call, ModuleSummary, PythonModule } from '../../python/module.js'
import { isAccelerated, standardLibrary } from '../../python/packages.js'
import { mayHandOutDevices } from '../../python/ray-resources.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import type { Hideable, Unseen } from '../../workload/unseen.js'
import { computesOnProcessors } from '../pipelines/accelerator-use.js'
import { singleDeviceLibraries } from './single-device-libraries.js'

/** Names of modules and of what is taken out of them that say what they are for. */
const spreadsWork =
  /dist|parallel|ddp|fsdp|multi_?(gpu|node)|deepspeed|horovod|colossal|megatron|accelerat|launch|cluster|spawn|mesh|shard|slurm|device|gpu|cuda|trainer|engine|runner|worker/i
const trains = /(?<!pre_?)train|fit(ter|ting)?$|engine|runner|learner|experiment|pipeline|baseline/i
const keepsState = /ckpt|checkpoint|resum|restor|snapshot|load_?(model|state|weights)|trainer|engine|runner/i
const computes =
  /model|net(s|work)?($|_)|embed|encod|torch|gpu|cuda|neural|deep|infer|predict|train|bert|llm|classif|regress|segment|detect|diffus|transcri|generat|render|simulat|cluster|tensor/i
/** Words of such names, each from its beginning: general ones for work that may be anything. */
const works =
  /(?:^|[._]|(?<=[a-z])(?=[A-Z]))(?:nn(?![a-z])|fit|learn|forward|process|pipeline|comput|transform|extract|evaluat|scor|search|engine|optimi|solv|vision|video|audio|speech|imag|featur|decod|nlp|ocr|array|kernel)/i
/** Whole names that say nothing of what the work is. */
const anything = /(?:^|\.)(?:run|main|work|job|task|app|core|start|go|do|execute|launch|call|__call__)$/i

/** Libraries that compute or draw on a GPU and are not called like that, by name of their top package. */
const onAccelerators = new Set(
  (
    'mujoco mujoco_py dm_control pyrender moderngl glumpy habitat_sim isaacgym isaaclab isaacsim omni brax warp taichi ' +
    'arrayfire openmm carla pyopencl spconv MinkowskiEngine kaolin nerfstudio gsplat theano tinygrad mlx tabpfn pycaret tpot ' +
    'lazypredict skorch pyro numpyro blackjax pennylane qiskit_aer cudaq rapids open3d pyvista bpy mlagents_envs thinc ' +
    'allennlp stanza bertopic keybert top2vec ctranslate2 faster_whisper llama_cpp gpt4all insightface deepface dlib ' +
    'paddleocr surya doctr TTS pyannote demucs audiocraft horovod h2o'
  ).split(' '),
)

/** Libraries that take all devices by themselves, or start processes on them, by name of their top package. */
const takesDevices = new Set(
  (
    'ray dask distributed dask_cuda vllm sglang tensorrt_llm nemo nemo_toolkit megatron composer llmfoundry mmengine mmcv ' +
    'mmdet mmseg mmpretrain mmaction detectron2 simpletransformers autogluon fairseq fairseq2 espnet espnet2 speechbrain ' +
    'trl axolotl llamafactory swift torchtune torchtitan litgpt lit_gpt lightning_cloud catalyst determined paddle mxnet ' +
    'tensorpack tf_agents keras_cv keras_nlp keras_hub darts neuralforecast pytorch_forecasting scvi anomalib chemprop flair ' +
    't5x maxtext seqio trax elegy mlx cuml cugraph cudf h2o oneflow bagua patrickstar torch_xla torchrec torchsnapshot ' +
    'parsl mpi4py torchx coiled'
  ).split(' '),
)

/** Libraries whose trainers readers know, or that run functions of the program: what they train is seen. */
const knownTrainers =
  /^(trl|unsloth|composer|sentence_transformers|accelerate|deepspeed|horovod|ray(?!\.rllib\b))\b/

/** What code says that works with a network which comes wrapped for several devices. */
const wrapped = /\.module\b|DataParallel|distribute|strategy|local_rank|world_size|fsdp|\bddp\b/i

/** Functions of Accelerate that take several devices in one process; otherwise its launcher starts a process for each. */
const dispatches = /dispatch|device_map|launcher|balanced_memory/

/** What projects call the modules that hold no model. */
const plainHelper =
  /^(?:\w*_)?(?:utils?|utilities|helpers?|common|config(?:s|uration)?|settings|constants?|consts?|params|paths?|data|datasets?|database|data_?loaders?|load(?:er|ing)?|data_\w+|pre_?process\w*|clean\w*|metrics?|scor\w+|evaluat\w+|log|logg(?:er|ing)|plots?|plotting|visuali[sz]\w+|io|files?|s3|gcs|db|sql|schemas?|types?|version|arg(?:s|uments)|options|cli|misc|tools?|time\w*|dates?|decorators?|exceptions?|errors?|registry|tracking)$/i

/** Of the code of a program or of one step. */
export function strangersOf(
  python: PythonModule,
  code: readonly Stmt[],
): (Unseen & { start: number; end: number })[] {
  const found = new Map<string, Unseen & { start: number; end: number }>()
  const add = (what: string, could: Hideable[], { start, end }: ImportedModule) => {
    if (could.length === 0) return
    const before = found.get(what)
    if (before === undefined) found.set(what, { what, could, start, end })
    else found.set(what, { ...before, could: [...new Set([...before.could, ...could])] })
  }
  for (const imported of importedModules(python, code)) {
    const { module, summary } = imported
    if (summary === null) add(`the module ${module}`, broughtBy(python, imported), imported)
    else
      for (const spec of foreignImports(summary))
        add(`the module ${spec}, which ${module} imports`, broughtThrough(spec), imported)
  }
  return [...found.values()]
}

/** By module: each is asked by all that import it. */
const foreign = new WeakMap<ModuleSummary, string[]>()

/** What a module of the project imports from elsewhere; of `from m import a` only 'm'. */
function foreignImports(summary: ModuleSummary): string[] {
  const found = foreign.get(summary) ?? importedFromElsewhere(summary)
  foreign.set(summary, found)
  return found
}

function importedFromElsewhere({ imports, projectImports = [] }: ModuleSummary): string[] {
  const isOwn = (spec: string) =>
    projectImports.some((own) => spec === own || spec.startsWith(own.endsWith('.') ? own : `${own}.`))
  return imports.filter((spec) => !isOwn(spec) && !imports.some((other) => spec.startsWith(`${other}.`)))
}

function broughtBy(analysis: PythonModule, imported: ImportedModule): Hideable[] {
  const { module, name } = imported
  const root = module.split('.')[0]!
  if (standardLibrary.has(root)) return []
  const could: Hideable[] = []
  const names = [...module.split('.'), ...(name === null ? [] : [name])]
  const calls = callsInto(analysis, imported)
  const named = networksOf(analysis)
  const wrapsNetwork = calls.some(
    (call) =>
      /^[a-z]/.test(call.method) &&
      call.assignedTo !== null &&
      named.has(call.assignedTo) &&
      !isPlacedHere(analysis, call.assignedTo),
  )
  const forProcessors = computesOnProcessors(module, name)
  // What makes the network may put it on its device.
  if (mayCompute(analysis, imported, calls) || (wrapsNetwork && !forProcessors && !isAccelerated(module)))
    could.push('accelerator')
  if (singleDeviceLibraries.has(root) || forProcessors) return could
  const says = (pattern: RegExp) =>
    names.some((one) => pattern.test(one)) || calls.some((call) => pattern.test(call.method))
  const given = calls.filter((call) =>
    call.expr.args.some(({ value }) => named.has(written(analysis, value))),
  )
  const spreads =
    root === 'accelerate'
      ? calls.some(({ method }) => dispatches.test(method))
      : root === 'ray'
        ? mayHandOutDevices(analysis)
        : takesDevices.has(root) || says(spreadsWork) || wrapsNetwork
  if (spreads) could.push('devices')
  if (!knownTrainers.test(module) && says(trains)) could.push('training')
  if (says(keepsState) || given.some(({ method }) => /load|init|setup|prepare|state/i.test(method)))
    could.push('checkpoints')
  return could
}

/** What a module that a module of the project imports could bring: only its name is known here. */
function broughtThrough(spec: string): Hideable[] {
  const root = spec.split('.')[0]!
  if (root === '' || standardLibrary.has(root) || singleDeviceLibraries.has(root)) return []
  return !isAccelerated(spec) && !computesOnProcessors(spec) && soundsLikeWork(spec, null)
    ? ['accelerator']
    : []
}

/**
 * It may be or hold a library that computes on an accelerator: by its name, or by what is asked of it. What only reports, stores or
 * parses is given neither a network nor the work.
 */
function mayCompute(
  analysis: PythonModule,
  { module, name }: ImportedModule,
  calls: readonly Call[],
): boolean {
  if (computesOnProcessors(module, name) || isAccelerated(module)) return false
  // What its tasks, trials and workers compute is code of the program.
  if (module.split('.')[0] === 'ray')
    return rayComputes.test(name === null ? module : `${module}.${name}`) || mayHandOutDevices(analysis)
  return name === '*' || soundsLikeWork(module, name) || calls.some(({ method }) => mayWork(method))
}

/** Parts of Ray that train networks or run language models. */
const rayComputes = /^ray\.(rllib|llm)\b/

function soundsLikeWork(module: string, name: string | null): boolean {
  if (onAccelerators.has(module.split('.')[0]!)) return true
  const last = module.split('.').at(-1)!
  const plain = plainHelper.test(last) || (name !== null && last === '' && plainHelper.test(name))
  if (plain) return computes.test(name ?? '')
  return mayWork(module) || (name !== null && mayWork(name))
}

function mayWork(name: string): boolean {
  return computes.test(name) || works.test(name) || anything.test(name)
}

/** The program puts the network where it computes, so that whoever made it did not; nothing says that it came wrapped. */
function isPlacedHere(analysis: PythonModule, name: string): boolean {
  if (wrapped.test(analysis.code)) return false
  return analysis.calls.some(
    ({ method, expr }) =>
      /^(to|cuda|compile)$/.test(method) &&
      expr.callee.type === 'attribute' &&
      written(analysis, expr.callee.value) === name,
  )
}

/** Names that hold a network: what is asked for its parameters, or called one. */
function networksOf(analysis: PythonModule): ReadonlySet<string> {
  const known = networks.get(analysis) ?? namedNetworks(analysis)
  networks.set(analysis, known)
  return known
}

const networks = new WeakMap<PythonModule, ReadonlySet<string>>()

function namedNetworks(analysis: PythonModule): Set<string> {
  const found = new Set(['model', 'net', 'network', 'self.model', 'self.net'])
  for (const { method, expr } of analysis.calls)
    if (/^(named_)?parameters$/.test(method) && expr.callee.type === 'attribute')
      found.add(written(analysis, expr.callee.value))
  return found
}

function written(analysis: PythonModule, { start, end }: Expr): string {
  return end - start > 40 ? '' : analysis.text.slice(start, end)
}

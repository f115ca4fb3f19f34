/** Whether a file is started by itself, rather than only imported. */
import { once } from '../text/once.js'
import type { Analysis } from './analysis.js'
import type { Func } from './code.js'
import { namesEpochs } from './epoch-names.js'
import type { Call, Loop } from './module.js'

/** True for a file that a command-line library starts, or that works at top level rather than only defining. */
export function isEntryPoint(analysis: Analysis): boolean {
  return hasCommand(analysis) || isExportedNotebook(analysis) || runsAtTopLevel(analysis)
}

/** A notebook that was saved as a script (`jupyter nbconvert --to script`): its cells run one after the other. */
export function isExportedNotebook({ text, tree }: { text: string; tree: object }): boolean {
  // Most files hold not even that, and are searched faster for it.
  return once(tree, 'exported notebook', () => text.includes('# In') && /^# In ?\[[ \d]*\]:/m.test(text))
}

/** Decorators with which an engine takes a function of the file and runs it. */
const startedByEngine =
  /^(metaflow\.step|flytekit\.(core\.)?(task\.)?task|zenml\.(steps\.)?step|prefect\.(task|flow)|dagster\.(op|asset|multi_asset)|kfp\.(v2\.)?dsl\.(component|python_component)|airflow\.(decorators|sdk)\.task|sagemaker\.remote_function\.remote|sagemaker\.workflow\.function_step\.step)$/

/** Decorators of functions whose parameters are those of a run: whoever starts one may give others. */
const pipelines =
  /^(kfp\.(v2\.)?dsl\.pipeline|azure\.ai\.ml\.dsl\.(\w+\.)*pipeline|prefect\.(flows\.)?flow|zenml\.(pipelines\.)?pipeline|airflow\.(decorators|sdk)\.dag|flytekit\.(core\.)?(workflow\.)?workflow)$/

export function isPipeline(analysis: Analysis, { node }: Func): boolean {
  return node.decorators.some((decorator) =>
    pipelines.test(analysis.nameOf(decorator.type === 'call' ? decorator.callee : decorator) ?? ''),
  )
}

function hasCommand(analysis: Analysis): boolean {
  if (analysis.calls.some((call) => call.name === 'fire.Fire' || call.name === 'absl.app.run')) return true
  return analysis.functions.some((func) =>
    func.node.decorators.some((decorator) => {
      const name = analysis.nameOf(decorator.type === 'call' ? decorator.callee : decorator)
      return (
        name !== null && (/^(hydra\.main|click\.(command|group))$/.test(name) || startedByEngine.test(name))
      )
    }),
  )
}

const working =
  /^(fit|fit_generator|train|train_and_evaluate|train_on_batch|cv|main|run|parse_args|fit_one_cycle|fine_tune|from_pretrained|generate|predict|to_parquet|to_csv|save_to_disk|push_to_hub)$/

/** `SentenceTransformer('…').encode(texts)`, `pipeline('text-generation', …)`. */
function infers({ method, name, receiver }: Call): boolean {
  return (
    name === 'transformers.pipeline' ||
    (method === 'encode' && /^sentence_transformers\./.test(receiver ?? ''))
  )
}

function runsAtTopLevel(analysis: Analysis): boolean {
  return (
    analysis.loops.some(
      (loop) =>
        loop.function === null && (loop.role !== 'other' || isOverEpochs(loop) || isNamedProgram(analysis)),
    ) ||
    analysis.calls.some(
      (call) =>
        call.function === null &&
        (working.test(call.method) || infers(call) || startsSearch(call) || startsTraining(analysis, call)) &&
        !insideClass(analysis, call),
    )
  )
}

/** `main.py`, `train_net.py`: a loop at its top level is what it is started for. */
function isNamedProgram({ path }: Analysis): boolean {
  return /(^|\/)(__main__|main|(train|finetune|pretrain|run)(_\w+)?)\.py$/.test(path)
}

/** `for epoch in range(n)`: the training itself may stand in another module. */
function isOverEpochs({ node }: Loop): boolean {
  return node.type === 'for' && node.target.type === 'name' && namesEpochs(node.target.id)
}

/** `history = train_model(net, loaders)`: a function of the project that trains, whatever it is called. */
function startsTraining(analysis: Analysis, call: Call): boolean {
  const { trains, backward, optimizerStep, calls } = analysis.effects(call.expr)
  return trains || (backward && optimizerStep) || [...calls].some((name) => /\.fit(_generator)?$/.test(name))
}

/** Calls by which a library for tuning starts to try configurations. */
function startsSearch(call: Call): boolean {
  if (call.method === 'optimize' || call.method === 'fmin') return true
  if (call.name === 'wandb.agent' || call.name === 'wandb.sweep') return true
  return call.method === 'search' && call.receiverCall?.name?.startsWith('keras_tuner.') === true
}

function insideClass(analysis: Analysis, call: Call): boolean {
  return analysis.classes.some(
    (klass) => call.expr.start >= klass.node.start && call.expr.end <= klass.node.end,
  )
}

/** Calls that a library makes of a function that it is handed: `mp.spawn(work, args=(config,))` calls `work(rank, config)`. */
import type { Argument, CallExpr, Expr } from '../syntax/python-ast.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { argumentOf } from './configured-path.js'
import type { Call } from './module.js'
import { lastIdentifier } from './training-calls.js'

interface Hand {
  /** Where the function stands: keyword and position. */
  takes: readonly [string, number]
  /** Arguments that the library puts in front: the rank of a process. */
  before?: number
  /** What the function gets, each from an argument of its own. */
  passes?: readonly (readonly [string, number])[]
  /** The arguments as one sequence, and as one dictionary. */
  sequence?: readonly [string, number]
  dictionary?: readonly [string, number]
}

const spawn: Hand = { takes: ['fn', 0], before: 1, sequence: ['args', 1] }
const process: Hand = { takes: ['target', 1], sequence: ['args', 3], dictionary: ['kwargs', 4] }
const launcher: Hand = { takes: ['function', 0], sequence: ['args', 1] }
const rayTrainer: Hand = { takes: ['train_loop_per_worker', 0], passes: [['train_loop_config', 1]] }
/** Keywords alone name what a trial gets. */
const keyword = 99
const trial = (takes: string, config: string): Hand => ({ takes: [takes, 0], passes: [[config, keyword]] })

/** Of detectron2, and of what is modelled on it: `launch(main, gpus, dist_url=url, args=(exp, args))`. */
const engine: Hand = { takes: ['main_func', 0], sequence: ['args', keyword] }

const hands: Record<string, Hand> = {
  'detectron2.engine.launch': engine,
  'detectron2.engine.launch.launch': engine,
  'torch.multiprocessing.spawn': spawn,
  'torch.multiprocessing.start_processes': spawn,
  'torch_xla.distributed.xla_multiprocessing.spawn': spawn,
  'torch_xla.launch': spawn,
  'torch.multiprocessing.Process': process,
  'multiprocessing.Process': process,
  'threading.Thread': process,
  'accelerate.notebook_launcher': launcher,
  'accelerate.debug_launcher': launcher,
  'ray.tune.run': trial('run_or_experiment', 'config'),
  'ray.tune.Tuner': trial('trainable', 'param_space'),
  'ray.tune.tuner.Tuner': trial('trainable', 'param_space'),
}

/** `ray.train.torch.TorchTrainer`, also by the module that defines it. */
const trainer =
  /^ray\.train\.(?:\w+\.)+(?:Torch|Tensorflow|Horovod|Jax|Lightning|HuggingFace|Accelerate|XGBoost|LightGBM)Trainer$/

function handOf(name: string): Hand | undefined {
  return lookUp(hands, name) ?? (trainer.test(name) ? rayTrainer : undefined)
}

/** A `launch` that the project has copied. */
function ownLauncher(analysis: Analysis, { callee, args }: CallExpr): Hand | undefined {
  if (lastIdentifier(callee) !== 'launch' || args[0]?.name !== null) return undefined
  const handed = args.some(({ name, value }) => name === 'args' && value.type === 'tuple')
  return handed && analysis.functionOf(args[0].value) !== null ? engine : undefined
}

/** The function that a call hands over, as it is written, and the call that is made of it; null: it is not known what that gets. */
export function handedCall(analysis: Analysis, { expr, name }: Call): { func: Expr; made: CallExpr } | null {
  const hand = (name === null ? undefined : handOf(name)) ?? ownLauncher(analysis, expr)
  if (hand === undefined || expr.args.some(({ star }) => star > 0)) return null
  // What a search tries takes the place of what stands here.
  if (hand === rayTrainer && analysis.callsTo('ray.tune.Tuner', 'ray.tune.tuner.Tuner').length > 0)
    return null
  const func = argumentOf(expr, ...hand.takes)
  if (func === null) return null
  const { start, end } = expr
  const args: Argument[] = []
  const add = (value: Expr, key: string | null = null, star: Argument['star'] = 0): void => {
    args.push({ name: key, star, value, start: value.start, end: value.end })
  }
  for (let count = hand.before ?? 0; count > 0; count--) add({ type: 'other', children: [], start, end })
  for (const place of hand.passes ?? []) {
    const value = argumentOf(expr, ...place)
    if (value !== null) add(value)
  }
  const sequence = hand.sequence === undefined ? null : argumentOf(expr, ...hand.sequence)
  if (sequence?.type === 'tuple' || sequence?.type === 'list') {
    for (const item of sequence.items) {
      if (item.type === 'starred') add(item.value, null, 1)
      else add(item)
    }
  } else if (sequence !== null) add(sequence, null, 1)
  const dictionary = hand.dictionary === undefined ? null : argumentOf(expr, ...hand.dictionary)
  if (dictionary !== null) {
    const entries = dictionary.type === 'dict' ? dictionary.entries : []
    const keys = entries.map(({ key }) =>
      key?.type === 'constant' && typeof key.value === 'string' ? key.value : null,
    )
    if (dictionary.type === 'dict' && !keys.includes(null))
      entries.forEach(({ value }, at) => {
        add(value, keys[at]!)
      })
    else add(dictionary, null, 2)
  }
  return { func, made: { type: 'call', callee: func, args, start, end } }
}

/** Calls that write down or show at once what they are given, each number read by itself. */

import type { PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'

export interface ShownNumbers {
  what: string
  values: Expr[]
}

/** Where the numbers stand: by position, by keyword, or all that is given. */
interface Shown {
  position?: number
  keywords?: readonly string[]
  all?: true
}

/**
 * By canonical name. Sources: torch.utils.tensorboard (`make_np`), wandb 0.18 (`val_to_json`), mlflow 2 (`log_metric`), SwanLab 0.3, TensorFlow 2
 * (`tf.summary`), visdom 0.2 (`from_t`).
 */
const functions: Record<string, Shown> = {
  'wandb.log': { position: 0, keywords: ['data'] },
  'swanlab.log': { position: 0, keywords: ['data'] },
  'mlflow.log_metric': { position: 1, keywords: ['value'] },
  'mlflow.log_metrics': { position: 0, keywords: ['metrics'] },
}

/** By method, where the name says enough. */
const methods: Record<string, Shown> = {
  // TensorBoard, tensorboardX.
  add_scalar: { position: 1, keywords: ['scalar_value'] },
  add_scalars: { position: 1, keywords: ['tag_scalar_dict'] },
  // tqdm.
  set_postfix: { all: true },
  // ClearML.
  report_scalar: { position: 2, keywords: ['value'] },
  // Sacred.
  log_scalar: { position: 1, keywords: ['value'] },
}

/** By method, where the object must be one that records: a run of wandb, Comet, Neptune, Aim, DVCLive, a tracker of Accelerate. */
const ofRecorders: Record<string, Shown> = {
  log: { all: true },
  log_metric: { all: true },
  log_metrics: { all: true },
  log_dict: { all: true },
  track: { all: true },
  append: { all: true },
}

/** Lines of a log that are formatted at once: `logger.info('%.3f', loss)`. What is for debugging is mostly left out. */
const linesOfLog = /^(info|warning|error|success)$/
const logName = /(^|_)(log|logger|logging|console)$/i
/** `accelerator.print(loss)`, `fabric.print(loss)`, `tqdm.write(…)`. */
const printers = /(^|_)(accelerator|acc|fabric|console|rank_?zero)$/i

const recorder =
  /(^|_)(wandb|run|exp|experiment|neptune|comet|aim|live|dvclive|mlflow|tracker|swanlab|trackio|accelerator|fabric|acc|tb|writer)(_?(run|logger|tracker|writer|client))?$/i

/** What makes an object that records. */
const makesRecorder =
  /^(wandb\.init|swanlab\.init|trackio\.init|neptune\.(init|init_run)|comet_ml\.(\w*Experiment|start)|aim\.Run|dvclive\.Live|accelerate\.Accelerator|lightning\.fabric\.Fabric|clearml\.Task\.init)$/

export function shownNumbers(python: PythonModule, { callee, args }: CallExpr): ShownNumbers | null {
  const name = python.nameOf(callee)
  if (name !== null && Object.hasOwn(functions, name))
    return { what: name, values: given(lookUp(functions, name)!, args) }
  if (
    callee.type !== 'attribute' ||
    (name !== null && !/^(wandb|lightning|logging|loguru|accelerate|rich)\./.test(name))
  )
    return null
  const { attr } = callee
  if (callee.value.type === 'name' || callee.value.type === 'attribute') {
    const owner = lastIdentifier(callee.value)
    const writes =
      (linesOfLog.test(attr) && logName.test(owner)) || (attr === 'print' && printers.test(owner))
    if (writes) return { what: attr, values: args.map(({ value }) => value) }
  }
  if (Object.hasOwn(methods, attr)) return { what: attr, values: given(lookUp(methods, attr)!, args) }
  if (!Object.hasOwn(ofRecorders, attr) || !records(python, callee.value, attr)) return null
  // What the project does with it is read where it does so.
  if (python.functionOf(callee) !== null || python.importedFunction(callee) !== null) return null
  return { what: attr, values: given(lookUp(ofRecorders, attr)!, args) }
}

function given({ position, keywords, all }: Shown, args: CallExpr['args']): Expr[] {
  if (all === true) return args.flatMap(({ value }) => partsOf(value))
  const first = position === undefined || args[position]?.name !== null ? undefined : args[position]
  const one = first ?? args.find((each) => each.name !== null && keywords?.includes(each.name) === true)
  return one === undefined ? [] : partsOf(one.value)
}

/** `run['train/loss'].append(loss)`, `run.log({…})`: a list of the program has no such name. */
function records(python: PythonModule, owner: Expr, method: string): boolean {
  const whole = owner.type === 'subscript' ? owner.value : owner
  if (method === 'append' && owner === whole) return false
  if (whole.type === 'name' && whole.id === 'self') return false
  const made = python.definition(whole)
  if (made.type === 'call') {
    const maker = python.nameOf(made.callee)
    if (maker !== null) return makesRecorder.test(maker)
  }
  if (method === 'append') return false
  return recorder.test(lastIdentifier(whole))
}

const partsOf = (expr: Expr): Expr[] =>
  expr.type === 'dict' ? expr.entries.map(({ value }) => value) : [expr]

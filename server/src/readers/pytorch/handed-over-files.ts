/** Calls that hand model files to a store, or copy them, and libraries that number the files they write. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import { lookUp } from '../../text/records.js'
import { fixedValue, knownArgument, passedExpression } from '../../values/argument.js'

/**
 * What takes a file or a model and keeps it elsewhere under a name of its own, as functions of libraries and methods of their clients:
 * MLflow, W&B, Comet, ClearML, boto3, MinIO, Google Cloud Storage, Azure, the Hub.
 */
const stores =
  /^(log_model|log_artifacts?|log_state_dict|log_checkpoint|upload_(file|fileobj|artifact|blob|folder|model|from_filename)|fput_object|put_object|put_file|put|upload)$/
const copies = /^shutil\.(copy|copy2|copyfile|copytree|move)$/
/** The same by a command of the system. */
const commands = /^(subprocess\.(run|call|check_call|Popen)|os\.system)$/
const copying = /\b(gsutil|gcloud|aws|rclone|rsync|scp|azcopy|hdfs|s5cmd|cp)\b/
const ofModel =
  /ckpt|check_?point|(?<![a-z])(model|net|network|weights|state)s?(?![a-z])|\.(pth?|h5|keras|safetensors|bin)\b/i
const ofResults =
  /log_?model_?(metric|param)|pred|sample|image|figure|plot|metric|\.(png|jpg|csv|json|txt|log)\b/i

export function isStored({ method, name }: Call): boolean {
  return stores.test(method) || commands.test(name ?? '')
}

/** What changes in its arguments from pass to pass names the copy; null: it is no such call, or copies no model. */
export function storedUnder(python: PythonModule, call: Call, changes: (expr: Expr) => boolean): Expr | null {
  const isCommand = commands.test(call.name ?? '')
  if (!stores.test(call.method) && !copies.test(call.name ?? '') && !isCommand) return null
  if (isCommand && !copying.test(textOf(python, call.expr))) return null
  // `blob = bucket.blob(name)`, then `blob.upload_from_filename(path)`.
  const { callee, args } = call.expr
  const through = callee.type === 'attribute' ? python.callOf(callee.value)?.expr.args : undefined
  const given = [...args, ...(through ?? [])].map(({ value }) => value)
  // `run[f'checkpoints/{epoch}'].upload(path)`.
  if (callee.type === 'attribute' && callee.value.type === 'subscript') given.push(callee.value.index)
  const texts = given.map((one) => textThrough(python, one, 3))
  if (!texts.some((one) => ofModel.test(one)) || texts.some((one) => ofResults.test(one))) return null
  return given.find((one) => !/(^|[._])step$/.test(textOf(python, one)) && changes(one)) ?? null
}

/** An artifact of a tracker: each that is logged becomes a version that stays. */
export function versionsOf(python: PythonModule, call: Call): Expr | null {
  if (!/^(log_artifact|log_model)$/.test(call.method) || python.code.includes('.ttl')) return null
  const [first] = call.expr.args
  if (first === undefined) return null
  const made = python.callOf(first.value)
  if (made?.name === 'wandb.Artifact') {
    const type = knownArgument(python.argument(made, 'type', 1))
    return typeof type === 'string' && ofModel.test(type) ? first.value : null
  }
  return call.name === 'wandb.log_model' || /^comet_ml\.\w+\.log_model$/.test(call.name ?? '')
    ? first.value
    : null
}

/** Managers of checkpoints, and where each is told how many stay. Sources: TensorFlow 2.17, Orbax 0.6, Flax 0.9. */
const managers: Record<
  string,
  { limit: string; position: number | null; in?: string; otherwise: number | null }
> = {
  'tensorflow.train.CheckpointManager': { limit: 'max_to_keep', position: 2, otherwise: null },
  'orbax.checkpoint.CheckpointManager': {
    limit: 'max_to_keep',
    position: null,
    in: 'options',
    otherwise: null,
  },
}
/** More than this are as good as all. */
const unlimited = 100

/** A manager that numbers what it saves keeps all of it; null: it is none, has a limit, or that cannot be read. */
export function keptByManager(python: PythonModule, call: Call): { path: Expr; key: string } | null {
  if (/^flax\.(\w+\.)*checkpoints\.save_checkpoint(_multiprocess)?$/.test(call.name ?? '')) {
    const keep = knownArgument(python.argument(call, 'keep', 4))
    const path = passedExpression(python.argument(call, 'step', 2))
    return typeof keep === 'number' && keep > unlimited && path !== null ? { path, key: 'keep' } : null
  }
  if (call.method !== 'save' || call.expr.callee.type !== 'attribute') return null
  const made = python.callOf(call.expr.callee.value)
  const row = made === null ? undefined : lookUp(managers, made.name ?? '')
  if (made === null || row === undefined) return null
  const path = made.expr.args[0]?.value ?? made.expr.callee
  const key = row.limit
  let owner: Call | null = made
  if (row.in !== undefined) {
    const options = passedExpression(python.argument(made, row.in))
    if (options === null) return row.otherwise === null ? { path, key } : null
    owner = python.callOf(options)
    if (owner === null) return null
  }
  const given = python.argument(owner, row.limit, row.position)
  const expr = passedExpression(given)
  if (expr === null) return row.otherwise === null ? { path, key } : null
  const folded = python.fold(expr)
  if (folded.state !== 'known') return null
  const limit = fixedValue(folded)
  return limit === null || (typeof limit === 'number' && limit > unlimited) ? { path: expr, key } : null
}

function textThrough(python: PythonModule, expr: Expr, depth: number): string {
  const own = textOf(python, expr)
  if (depth === 0) return own
  const made = expr.type === 'name' ? python.definition(expr) : expr
  if (made !== expr) return `${own} ${textThrough(python, made, depth - 1)}`
  return [
    own,
    ...childrenOf(expr).flatMap((one) => (one.type === 'name' ? textThrough(python, one, depth - 1) : [])),
  ].join(' ')
}

const textOf = (python: PythonModule, { start, end }: Expr) => python.text.slice(start, end)

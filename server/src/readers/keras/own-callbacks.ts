/** What a callback of the project does, as far as its class tells: it saves the model, writes something down, or neither. */
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'

export type OwnCallback = 'saves' | 'writes' | 'neither'

/** Null: its class is not in sight, or hands its work to objects that are not. */
export function ownCallback(python: PythonModule, item: Expr): OwnCallback | null {
  const value = python.definition(item)
  if (value.type !== 'call') return null
  const klass = python.classOf(value.callee)
  if (klass !== null) {
    const { start, end } = klass.node
    const own = python.calls.filter(({ expr }) => start <= expr.start && expr.end <= end)
    const calls = own.map(({ name, method }) => name ?? `.${method}`)
    const handsOver = own.some(
      ({ name, expr }) => name === null && expr.args.some((one) => isModel(one.value)),
    )
    if (handsOver && judged(calls) !== 'saves') return null
    return isCallback(klass.bases) ? judged(calls) : null
  }
  const imported = python.importedClass(value.callee)
  return imported !== null && isCallback(imported.bases) ? judged(imported.calls) : null
}

/** `self.model`, whole. */
const isModel = (expr: Expr): boolean =>
  expr.type === 'attribute' && expr.attr === 'model' && expr.value.type === 'name' && expr.value.id === 'self'

/** Of the library itself: what another class of the project does, nobody followed. */
function isCallback(bases: readonly string[]): boolean {
  return (
    bases.length > 0 &&
    bases.every((base) => /^keras\.callbacks\.(\w+\.)*(Callback|LambdaCallback)$/.test(base))
  )
}

function judged(calls: readonly string[]): OwnCallback {
  // A call of `numpy.save` is listed as `.save` as well.
  const arrays = calls.some((name) => /^(numpy|matplotlib|PIL|imageio|cv2)\./.test(name))
  if (calls.some((name) => saving.test(name) && !(arrays && name === '.save'))) return 'saves'
  return calls.some((name) => writing.test(name)) ? 'writes' : 'neither'
}

const saving =
  /(^|[._])(save(_\w+)?|checkpoint|ckpt|backup|snapshot|export|serialize)$|Checkpoint|^(torch|joblib|tensorflow)\..*save/
const writing =
  /(^|\.)(open|dump|dumps|write\w*|to_csv|to_json|savetxt|savez?|append_row|log(_\w+)?|add_scalar\w*|report|send\w*|post|put|emit|publish|track)$|^(wandb|mlflow|csv|json|pickle|requests|logging)\./

/** What a callback of the project saves under a new name in each epoch: `self.model.save(f'{epoch}.keras')`; null: nothing that is seen. */
export function savedEachEpoch(python: PythonModule, item: Expr): { call: Call; path: Expr } | null {
  const value = python.definition(item)
  const klass = value.type === 'call' ? python.classOf(value.callee) : null
  const hook = klass?.methods.get('on_epoch_end') ?? klass?.methods.get('on_epoch_begin')
  const epoch = hook?.node.params[1]?.name
  if (
    hook === undefined ||
    epoch === undefined ||
    /\b(os\.(remove|unlink)|unlink|rmtree)\b/.test(python.code)
  )
    return null
  for (const call of hook.calls) {
    const path = call.expr.args[0]?.value
    if (path === undefined || call.conditional || !/^save(_weights)?$/.test(call.method)) continue
    const named = python.definition(path)
    if (new RegExp(`\\b${epoch}\\b`).test(python.code.slice(named.start, named.end))) return { call, path }
  }
  return null
}

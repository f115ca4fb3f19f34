/**
 * Evaluations that a hook makes after each epoch of a library's loop, over data that the loop goes over anyway. Sources: PyTorch
 * Lightning, "Hooks"; transformers, TrainerCallback; keras, callbacks.Callback; PyTorch-Ignite, `Events.EPOCH_COMPLETED`.
 */
import type { Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Span } from '../../text/location.js'
import { claimOperation } from '../operation-claims.js'
import { rhythmOf } from '../pytorch/guards.js'
import { isRealModel } from '../pytorch/model-evidence.js'
import { stepEvidence } from '../pytorch/operations.js'
import { defineReader } from '../reader.js'

export const hookedEvaluationsReader = defineReader({
  name: 'hooked-evaluations',
  languages: ['python'],
  triggers: ['epoch_end', 'EPOCH_COMPLETED', 'batch_end'],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    const evidence = stepEvidence(python)
    // These loops take the accelerator that they find.
    if (evidence.accelerator === 'none') evidence.accelerator = 'maybe'
    for (const { func, kind } of hooksOf(python)) {
      const found = passOver(python, func, kind)
      if (found === null) continue
      claimOperation(claims, {
        kind: 'evaluate',
        place: 'epoch',
        key: python.text.slice(found.at.start, found.at.end),
        at: found.at,
        site: found.at,
        scope: func.qualified,
        evidence,
        realModel: isRealModel(python),
        subject: found.data,
        apart: 'hooked evaluation',
      })
    }
    for (const { func, call, every } of batchHooks(python)) {
      const at = { start: call.expr.callee.start, end: call.expr.callee.end }
      const key = python.text.slice(at.start, at.end)
      const operation = claimOperation(claims, {
        kind: 'evaluate',
        place: 'step',
        key,
        at,
        site: at,
        scope: func.qualified,
        evidence,
        realModel: isRealModel(python),
        apart: 'hooked evaluation',
      })
      operation.known('every', key, every, at)
    }
  },
  change: () => ({ reason: 'the metric has to be added up in the steps by hand' }),
})

/** Whole evaluations that lie further apart are no burden worth a word. */
const often = 100

/** `def on_train_batch_end(self, batch, logs): if batch % 10 == 0: self.model.evaluate(…)`. */
function batchHooks(python: PythonModule): { func: Func; call: Call; every: number }[] {
  return python.classes.flatMap(({ bases, methods }) => {
    if (!bases.some((one) => /^keras\.callbacks\.(\w+\.)*Callback$/.test(one))) return []
    return [...methods].flatMap(([name, func]) => {
      if (!/^on_(train_)?batch_end$/.test(name)) return []
      const call = func.calls.find(({ method }) => evaluates.keras.test(method))
      if (call === undefined) return []
      const around = python.statements.filter(
        (one) =>
          one.type === 'if' &&
          one.start > func.node.start &&
          one.start < call.expr.start &&
          call.expr.end <= one.end,
      )
      const [test] = around
      if (test === undefined) return [{ func, call, every: 1 }]
      const every = around.length === 1 && test.type === 'if' ? rhythmOf(python, test.test) : null
      return every === null || every > often ? [] : [{ func, call, every }]
    })
  })
}

type HookKind = 'lightning' | 'transformers' | 'keras' | 'ignite'

const owners: [RegExp, HookKind, RegExp][] = [
  [
    /^lightning\.(\w+\.)*(LightningModule|Callback)$/,
    'lightning',
    /^(on_train_epoch_end|training_epoch_end|on_train_epoch_start|on_epoch_end)$/,
  ],
  [/^transformers\.(\w+\.)*TrainerCallback$/, 'transformers', /^(on_epoch_end|on_evaluate)$/],
  [/^keras\.callbacks\.(\w+\.)*Callback$/, 'keras', /^on_epoch_end$/],
]

/** Functions that a library calls after each epoch. */
function hooksOf(python: PythonModule): { func: Func; kind: HookKind }[] {
  const found: { func: Func; kind: HookKind }[] = []
  for (const klass of python.classes)
    for (const [base, kind, name] of owners)
      if (klass.bases.some((one) => base.test(one)))
        for (const [method, func] of klass.methods) if (name.test(method)) found.push({ func, kind })
  if (python.uses('ignite.'))
    for (const func of python.functions) {
      const { decorators } = func.node
      // `Events.EPOCH_COMPLETED(every=5)` is called less often.
      if (decorators.some((one) => /\.on\(\s*[\w.]*EPOCH_COMPLETED\s*\)/.test(textOf(python, one))))
        found.push({ func, kind: 'ignite' })
    }
  return found
}

interface HookedPass {
  data: 'the training data' | 'the same data twice'
  at: Span
}

function passOver(python: PythonModule, func: Func, kind: HookKind): HookedPass | null {
  if (kind === 'lightning') return loopOver(python, func)
  const tests = testsIn(python, func)
  for (const call of func.calls) {
    const data = call.loops.length > 0 ? null : dataOf(python, call, kind)
    if (data !== null && !isConditional(tests, call.expr)) return { data, at: call.expr.callee }
  }
  return null
}

/** `for x, y in self.train_dataloader(): … self(x)`. */
function loopOver(python: PythonModule, func: Func): HookedPass | null {
  for (const { function: owner, node, hasBreak, parent } of python.loops) {
    if (owner !== func || node.type !== 'for' || hasBreak || parent !== null) continue
    const source = textOf(python, node.iterable)
    if (!/\btrain_dataloader\b/.test(source) || isConditional(testsIn(python, func), node.iterable)) continue
    const body = python.code.slice(node.iterable.end, node.end)
    if (/\b(self|pl_module|model|self\.\w*(model|net|network|encoder|backbone|forward))\(/.test(body))
      return { data: 'the training data', at: { start: node.start, end: node.iterable.end } }
  }
  return null
}

const evaluates: Record<Exclude<HookKind, 'lightning'>, RegExp> = {
  transformers: /^(evaluate|predict)$/,
  keras: /^(evaluate|predict|predict_classes|predict_generator|evaluate_generator)$/,
  ignite: /^run$/,
}

function dataOf(
  python: PythonModule,
  call: Call,
  kind: Exclude<HookKind, 'lightning'>,
): HookedPass['data'] | null {
  if (!evaluates[kind].test(call.method)) return null
  const [first] = call.expr.args.filter(
    ({ name }) => name === null || /^(x|eval_dataset|test_dataset|data|generator)$/.test(name),
  )
  if (first === undefined) return null
  const name = lastName(first.value)
  if (/(^|_)train/i.test(name) && !/val|test/i.test(name)) return 'the training data'
  return kind === 'keras' && /^validation_data$/.test(name) && validates(python)
    ? 'the same data twice'
    : null
}

/** `fit` goes over the same data after each epoch. */
function validates(python: PythonModule): boolean {
  return python.calls.some(
    ({ method, expr }) => /^fit/.test(method) && expr.args.some(({ name }) => name === 'validation_data'),
  )
}

/** `self.x_train` of `self.x_train[0]`. */
function lastName(expr: Expr): string {
  if (expr.type === 'subscript') return lastName(expr.value)
  if (expr.type === 'attribute') return expr.attr
  return expr.type === 'name' ? expr.id : ''
}

function testsIn(python: PythonModule, { node }: Func): Span[] {
  return python.statements.filter(
    ({ type, start, end }) => type === 'if' && start > node.start && end <= node.end,
  )
}

/** A test decides each time whether it is done at all: `if epoch % 10 == 0:`. */
function isConditional(tests: readonly Span[], { start, end }: Span): boolean {
  return tests.some((one) => one.start < start && end <= one.end)
}

function textOf(python: PythonModule, { start, end }: Span): string {
  return python.code.slice(start, end)
}

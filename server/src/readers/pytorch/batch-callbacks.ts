/** Code that a library calls for each batch: methods of the classes that it offers to extend, and functions that it is handed. */
import type { Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { byName } from '../../text/by-name.js'
import { lookUp } from '../../text/records.js'

interface Offered {
  /** The class, by its canonical name. */
  base: RegExp
  /** Methods that run with each batch of a training. */
  methods: readonly string[]
  /** The parameter of each that holds what the network has computed, counted without `self`. */
  computed?: Record<string, number>
}

const lightningHooks = [
  'on_train_batch_start',
  'on_train_batch_end',
  'on_before_backward',
  'on_after_backward',
  'on_before_zero_grad',
  'on_before_optimizer_step',
]

/**
 * Sources: the documentation of each library (Lightning 2.4, Transformers 4.46, Catalyst 22, Composer 0.26, MMEngine 0.10, fastai 2.7, detectron2 0.6,
 * SpeechBrain 1.0, fairseq 0.12, AllenNLP 2.10, Determined 0.37, TorchTNT 0.2, skorch 1.0).
 */
const offered: readonly Offered[] = [
  {
    base: /^lightning\.(pytorch\.)?(core\.)?(\w+\.)*LightningModule$/,
    methods: ['training_step', 'optimizer_step', ...lightningHooks],
  },
  { base: /^lightning\.pytorch\.(callbacks\.)?(\w+\.)*Callback$/, methods: lightningHooks },
  {
    base: /^(transformers|trl|sentence_transformers)\.(\w+\.)*\w*Trainer$/,
    methods: ['training_step', 'compute_loss'],
  },
  {
    base: /^transformers\.(\w+\.)*TrainerCallback$/,
    methods: ['on_step_begin', 'on_step_end', 'on_substep_end', 'on_pre_optimizer_step', 'on_optimizer_step'],
  },
  {
    base: /^catalyst\.(\w+\.)*I?\w*Runner$/,
    methods: ['handle_batch', 'on_batch_start', 'on_batch_end'],
  },
  { base: /^catalyst\.(\w+\.)*I?\w*Callback$/, methods: ['on_batch_start', 'on_batch_end'] },
  { base: /^composer\.(\w+\.)*\w*(ComposerModel|Classifier)$/, methods: ['loss'], computed: { loss: 0 } },
  {
    base: /^composer\.(\w+\.)*Callback$/,
    methods: [
      'batch_start',
      'after_forward',
      'after_loss',
      'after_backward',
      'after_train_batch',
      'batch_end',
    ],
  },
  { base: /^mmengine\.(\w+\.)*BaseModel$/, methods: ['train_step', 'loss'] },
  {
    base: /^mmengine\.(\w+\.)*Hook$/,
    methods: ['before_train_iter', 'after_train_iter'],
  },
  {
    base: /^(fastai\.(\w+\.)*)?Callback$/,
    methods: [
      'before_batch',
      'after_pred',
      'after_loss',
      'before_backward',
      'after_backward',
      'after_step',
      'after_batch',
    ],
  },
  { base: /^detectron2\.engine\.(\w+\.)*\w*Trainer$/, methods: ['run_step'] },
  { base: /^detectron2\.engine\.(\w+\.)*HookBase$/, methods: ['before_step', 'after_step'] },
  {
    base: /^speechbrain\.(\w+\.)*Brain$/,
    methods: ['fit_batch', 'compute_forward', 'compute_objectives', 'on_fit_batch_end'],
    computed: { compute_objectives: 0 },
  },
  { base: /^fairseq\.criterions\.(\w+\.)*\w*Criterion$/, methods: ['forward', 'compute_loss'] },
  { base: /^allennlp\.models\.(\w+\.)*Model$/, methods: ['forward'] },
  { base: /^determined\.pytorch\.(\w+\.)*PyTorchTrial$/, methods: ['train_batch'] },
  {
    base: /^torchtnt\.framework\.(\w+\.)*(AutoUnit|TrainUnit)$/,
    methods: ['train_step', 'compute_loss', 'on_train_step_end'],
  },
  // Keras hands them numbers that the host has already; memory that they free in each batch counts all the same.
  {
    base: /^(tensorflow\.)?keras\.(\w+\.)*Callback$/,
    methods: ['on_train_batch_begin', 'on_train_batch_end', 'on_batch_begin', 'on_batch_end'],
  },
  { base: /^skorch\.(\w+\.)*NeuralNet\w*$/, methods: ['train_step', 'train_step_single', 'get_loss'] },
]

const offeredBy = byName((base) => offered.filter((row) => row.base.test(base)))

/** Each of them once. */
export interface BatchCallback {
  func: Func
  /** Its parameters that lie on the accelerator. */
  onDevice?: ReadonlySet<string>
}

export function batchCallbacks(python: PythonModule): BatchCallback[] {
  const found: BatchCallback[] = []
  const add = (func: Func, parameter?: string) => {
    if (!found.some((one) => one.func === func))
      found.push(parameter === undefined ? { func } : { func, onDevice: new Set([parameter]) })
  }
  for (const { bases, methods } of python.classes)
    for (const row of offered)
      if (bases.some((base) => offeredBy(base).includes(row)))
        for (const name of row.methods) {
          const func = methods.get(name)
          const position = lookUp(row.computed, name)
          if (func !== undefined)
            add(func, position === undefined ? undefined : func.node.params[position + 1]?.name)
        }
  for (const func of [...engineSteps(python), ...batchHandlers(python)]) add(func)
  return found
}

/** The function that an engine of Ignite runs with each batch, where it takes a step of an optimiser. */
function engineSteps(python: PythonModule): Func[] {
  return python.calls.flatMap(({ name, expr: { args } }) => {
    const given =
      name !== null && /^ignite\.engine\.(engine\.)?Engine$/.test(name) ? args[0]?.value : undefined
    const func = given === undefined ? null : python.functionOf(given)
    return func !== null && python.effectsOfFunction(func).backward ? [func] : []
  })
}

/** `Events.ITERATION_COMPLETED` without `(every=100)`. */
function namesEachBatch(expr: Expr | undefined): boolean {
  return (
    expr?.type === 'attribute' &&
    /^(ITERATION_(STARTED|COMPLETED)|GET_BATCH_COMPLETED|(FORWARD|BACKWARD|LOSS|MODEL|OPTIM)_\w+)$/.test(
      expr.attr,
    )
  )
}

/** `@trainer.on(Events.ITERATION_COMPLETED)`, `trainer.add_event_handler(Events.ITERATION_COMPLETED, log)`. */
function batchHandlers(python: PythonModule): Func[] {
  if (!python.uses('ignite.')) return []
  const evaluates = (owner: Expr) => /eval|valid|test|infer/i.test(python.code.slice(owner.start, owner.end))
  const decorated = python.functions.filter(({ node }) =>
    node.decorators.some(
      (one) =>
        one.type === 'call' &&
        one.callee.type === 'attribute' &&
        one.callee.attr === 'on' &&
        !evaluates(one.callee.value) &&
        namesEachBatch(one.args[0]?.value),
    ),
  )
  const added = python.methodCalls('add_event_handler').flatMap(({ expr: { callee, args } }) => {
    if (callee.type !== 'attribute' || evaluates(callee.value) || !namesEachBatch(args[0]?.value)) return []
    return args[1] === undefined ? [] : (python.functionOf(args[1].value) ?? [])
  })
  return [...decorated, ...added]
}

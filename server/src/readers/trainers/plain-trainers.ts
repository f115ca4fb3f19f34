/**
 * Trainers of libraries that take their epochs, validation data and early stopping as arguments: a row for each. Sources: Catalyst 22.4, pytorch-tabnet 4.1,
 * skorch 1.0, Darts 0.31, PyKEEN 1.10, Simple Transformers 0.70, Paddle 2.6, MXNet Gluon 1.9, NGBoost 0.5, DeepTabular 1.6, tflearn 0.5.
 */
import type { Call, PythonModule } from '../../python/module.js'
import type { Json } from '../../text/json.js'
import { knownArgument, mayBePassed, numberArgument, passedExpression } from '../../values/argument.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { byHand } from '../change-answer.js'
import { trainingEvidence } from '../pytorch/evidence.js'
import { defineReader } from '../reader.js'

type Parameter = readonly [keyword: string, position: number | null]
/** Whose arguments they are: of the call that trains, or of the one that made what it is called of. */
type Holder = 'call' | 'made' | 'options'

interface Row {
  call: RegExp
  epochs: { at: Parameter; of: Holder; otherwise: number | null }
  /** Arguments with which it validates; `always`: it holds data back by itself. */
  validation: readonly Parameter[] | 'always'
  /** Arguments that end it early, and the values with which they do not. */
  stopping: readonly { at: Parameter; of: Holder; off: readonly Json[]; otherwise: boolean }[]
  /** A list of callbacks that may hold one of such a class. */
  callbacks?: { at: Parameter; of: Holder }
  rounds?: true
  /** With `None` or `False` it holds no data back. */
  holdsBack?: { at: Parameter; of: Holder }
}

const rows: readonly Row[] = [
  {
    call: /^catalyst\.(\w+\.)*\w*Runner\.train$/,
    epochs: { at: ['num_epochs', null], of: 'call', otherwise: 1 },
    validation: [['valid_loader', null]],
    stopping: [],
    callbacks: { at: ['callbacks', null], of: 'call' },
  },
  {
    call: /^pytorch_tabnet\.(\w+\.)*TabNet(Multi)?\w*\.fit$/,
    epochs: { at: ['max_epochs', null], of: 'call', otherwise: 100 },
    validation: [['eval_set', 2]],
    stopping: [{ at: ['patience', null], of: 'call', off: [0], otherwise: true }],
    callbacks: { at: ['callbacks', null], of: 'call' },
  },
  {
    call: /^skorch\.(\w+\.)*NeuralNet\w*\.fit$/,
    epochs: { at: ['max_epochs', null], of: 'made', otherwise: 10 },
    validation: 'always',
    holdsBack: { at: ['train_split', null], of: 'made' },
    stopping: [],
    callbacks: { at: ['callbacks', null], of: 'made' },
  },
  {
    // Its other models are no networks, and have no epochs.
    call: /^darts\.models\.(\w+\.)*(BlockRNN|RNN|NBEATS|NHiTS|TCN|Transformer|TFT|DLinear|NLinear|TiDE|TSMixer)Model\.fit$/,
    epochs: { at: ['n_epochs', null], of: 'made', otherwise: 100 },
    validation: [['val_series', null]],
    stopping: [],
    callbacks: { at: ['pl_trainer_kwargs', null], of: 'made' },
  },
  {
    call: /^pykeen\.(\w+\.)*pipeline$/,
    epochs: { at: ['epochs', null], of: 'call', otherwise: null },
    validation: 'always',
    stopping: [{ at: ['stopper', null], of: 'call', off: ['nop', 'NopStopper'], otherwise: false }],
  },
  {
    call: /^paddle\.(\w+\.)*Model\.fit$/,
    epochs: { at: ['epochs', 3], of: 'call', otherwise: 1 },
    validation: [['eval_data', 1]],
    stopping: [],
    callbacks: { at: ['callbacks', null], of: 'call' },
  },
  {
    call: /^mxnet\.gluon\.contrib\.estimator\.(\w+\.)*Estimator\.fit$/,
    epochs: { at: ['epochs', null], of: 'call', otherwise: null },
    validation: [['val_data', 1]],
    stopping: [],
    callbacks: { at: ['event_handlers', null], of: 'call' },
  },
  {
    call: /^ngboost\.(\w+\.)*NGB\w*\.fit$/,
    epochs: { at: ['n_estimators', null], of: 'made', otherwise: 500 },
    validation: [['X_val', null]],
    stopping: [
      { at: ['early_stopping_rounds', null], of: 'call', off: [null], otherwise: false },
      { at: ['early_stopping_rounds', null], of: 'made', off: [null], otherwise: false },
    ],
    rounds: true,
  },
  {
    call: /^simpletransformers\.(\w+\.)*\w+Model\.train_model$/,
    epochs: { at: ['num_train_epochs', null], of: 'options', otherwise: 1 },
    validation: [
      ['eval_df', null],
      ['eval_data', null],
    ],
    stopping: [{ at: ['use_early_stopping', null], of: 'options', off: [false], otherwise: false }],
  },
  {
    call: /^tflearn\.(\w+\.)*DNN\.fit$/,
    epochs: { at: ['n_epoch', 2], of: 'call', otherwise: 10 },
    validation: [['validation_set', null]],
    stopping: [],
    callbacks: { at: ['callbacks', null], of: 'call' },
  },
]

export const plainTrainersReader = defineReader({
  name: 'plain-trainers',
  languages: ['python'],
  triggers: [
    'catalyst',
    'tabnet',
    'skorch',
    'darts',
    'pykeen',
    'paddle',
    'mxnet',
    'ngboost',
    'tflearn',
    'simpletransformers',
  ],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined) return
    for (const call of python.calls) {
      const name = call.name ?? (call.receiver === null ? '' : `${call.receiver}.${call.method}`)
      const row = rows.find((one) => one.call.test(name))
      if (row !== undefined) readTraining(python, call, row, claims)
    }
  },
  change: (claim) => byHand(claim),
})

function readTraining(python: PythonModule, call: Call, row: Row, claims: ClaimBuilder): void {
  const evidence = trainingEvidence(python)
  if (evidence.role !== 'test') evidence.role = 'training'
  if (evidence.accelerator === 'none') evidence.accelerator = 'maybe'
  const place = calleePlace(call)
  const training = claims.subject('Training', place, call.function?.qualified ?? '', evidence)
  training.known('managed', call.method, true, place)
  claimEpochs(python, call, row, training)
  const validates =
    row.validation === 'always'
      ? !isSwitchedOff(python, call, row)
      : row.validation.some((one) => mayBePassed(python.argument(call, ...one)))
  training.known('validation', call.method, validates, place)
  claimStopping(python, call, row, training)
}

function claimEpochs(python: PythonModule, call: Call, row: Row, training: SubjectBuilder<'Training'>): void {
  const setting = row.rounds === true ? 'rounds' : 'epochs'
  const place = calleePlace(call)
  const { at, of, otherwise } = row.epochs
  const holder = holderOf(python, call, of)
  const given = holder === null ? null : python.argument(holder, ...at)
  if (given === null) training.unknown(setting, at[0], 'what made it is not seen', place)
  else if (of === 'options' && isSetLater(python, at[0]))
    training.unknown(setting, at[0], 'it is set elsewhere', place)
  else if (mayBePassed(given)) {
    const count = numberArgument(given)
    const expr = passedExpression(given)
    const where = expr === null ? place : { start: expr.start, end: expr.end }
    if (count === null) training.unknown(setting, at[0], 'it cannot be read', place)
    else training.known(setting, at[0], count, where)
  } else if (otherwise === null) training.unknown(setting, at[0], 'it is given elsewhere', place)
  else training.default(setting, at[0], otherwise, place)
}

function isSwitchedOff(python: PythonModule, call: Call, { holdsBack }: Row): boolean {
  const holder = holdsBack === undefined ? null : holderOf(python, call, holdsBack.of)
  if (holder === null || holdsBack === undefined) return false
  const value = knownArgument(python.argument(holder, ...holdsBack.at))
  return value === null || value === false
}

const ends = /Early_?Stop|EarlyStopping/i

function claimStopping(
  python: PythonModule,
  call: Call,
  row: Row,
  training: SubjectBuilder<'Training'>,
): void {
  const place = calleePlace(call)
  const site = callSite(call)
  for (const { at, of, off, otherwise } of row.stopping) {
    const holder = holderOf(python, call, of)
    if (holder === null && of === 'options') {
      training.unknown('earlyStopping', at[0], 'its options are made elsewhere', place)
      return
    }
    const given = holder === null ? null : python.argument(holder, ...at)
    if (given === null || !mayBePassed(given)) {
      if (!otherwise) continue
      training.known('earlyStopping', at[0], true, place)
      return
    }
    const value = knownArgument(given)
    const expr = passedExpression(given)
    if (value !== undefined && off.includes(value)) {
      training.known('earlyStopping', `${at[0]}=${value}`, false, expr ?? place, { site })
      return
    }
    training.known('earlyStopping', at[0], true, place)
    return
  }
  const holder = row.callbacks === undefined ? null : holderOf(python, call, row.callbacks.of)
  const given =
    holder === null || row.callbacks === undefined ? null : python.argument(holder, ...row.callbacks.at)
  const expr = given === null ? null : passedExpression(given)
  const passed = given !== null && mayBePassed(given)
  if (ends.test(python.code))
    training.unknown('earlyStopping', 'callbacks', 'the program speaks of it', place)
  else if (passed && expr === null)
    training.unknown('earlyStopping', 'callbacks', 'what is passed cannot be read', place)
  else
    training.default(
      'earlyStopping',
      row.callbacks?.at[0] ?? row.stopping[0]?.at[0] ?? 'callbacks',
      false,
      place,
      { site },
    )
}

/** `options.num_train_epochs = 40` */
function isSetLater({ code }: PythonModule, key: string): boolean {
  return new RegExp(`\\.${key}\\s*=(?!=)`).test(code)
}

function holderOf(python: PythonModule, call: Call, of: Holder): Call | null {
  if (of === 'call') return call
  const made = call.receiverCall
  if (of === 'made' || made === null) return made
  const given = passedExpression(python.argument(made, 'args', null))
  return given === null ? null : python.callOf(given)
}

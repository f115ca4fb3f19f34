/** Whether a loader gives its samples to the training in the same order in every epoch. */

import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { childrenOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { asArgument, knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { asBoolean } from '../../values/parse.js'
import type { SubjectBuilder } from '../../workload/builder.js'
import { claimArgument } from '../claim-argument.js'
import { codeMatches, codeText } from './evidence.js'
import { isOneBatch } from './few-samples.js'

/** Their order is a part of the data, or the data set draws them itself. */
const ordered =
  /time_?series|forecast|stateful|bptt|curriculum|iterable|streaming|mixture|set_\w*epoch|history_len|look_?back|horizon|(steps|periods)_(ahead|forward)|(fact|data|sample|example|presentation|train(ing)?)_?order/i

/** Something else draws or shuffles the samples: in a class of its own, or once for each epoch. */
function drawsOtherwise(python: PythonModule): boolean {
  return python.calls.some(
    ({ method, loops, function: func }) =>
      /^(shuffle|permutation|randperm|sample|choices?|randint|randrange)$/.test(method) &&
      (loops.some(({ role }) => role === 'epoch') || func?.class?.methods.has('__getitem__') === true) &&
      func?.name !== '__init__',
  )
}

/** The samples are sorted when the data set is made, by what batches are padded to: shuffled, they are padded more. */
function sortsByLength(python: PythonModule): boolean {
  return python.calls.some(({ method, function: func, expr }) => {
    if (!/^(sort|sorted|sort_values|argsort)$/.test(method)) return false
    if (func !== null && func.name !== '__init__') return false
    return lengths.test(codeText(python, expr.start, expr.end))
  })
}

const lengths =
  /(?<![a-z])(len|lens|lengths?|durations?|n_?frames|num_(frames|tokens|words)|seconds)(?![a-z])/i

/** A function that makes it says that the order is to stay. */
const keepsOrder =
  /determin|ordered|sequential|unshuffled|no_?shuffle|fixed|embed|extract|feature|eval|infer/i

export function claimOrder(
  python: PythonModule,
  call: Call,
  dataset: Expr | null,
  pipeline: SubjectBuilder<'InputPipeline'>,
): void {
  const drawn = ['sampler', 'batch_sampler'].some((name, index) =>
    mayBePassed(python.argument(call, name, 3 + index)),
  )
  if (drawn || codeMatches(python, ordered) || drawsOtherwise(python) || sortsByLength(python)) return
  if (dataset !== null && isSorted(python, dataset)) return
  if (isTriedOut(python, call) || keepsOrder.test(call.function?.name ?? '')) return
  if (goesInStep(python, call) || standsBeside(python, call)) return
  const batchSize = passedExpression(python.argument(call, 'batch_size', 1))
  if (dataset !== null && batchSize !== null && isOneBatch(python, dataset, batchSize)) return
  const shuffle = python.argument(call, 'shuffle', 2)
  // A stream has the order that it has.
  if (passedExpression(shuffle) === null && (dataset === null || !isIndexed(python, dataset))) return
  claimArgument(pipeline, 'shuffled', 'shuffle', call, shuffle, { convert: asBoolean, otherwise: false })
}

/** The training beside it goes through another loader, so this one gives samples to something else. */
function standsBeside(python: PythonModule, { assignedTo, function: func }: Call): boolean {
  if (assignedTo === null) return false
  const loops = python.loops.filter(({ role, function: owner }) => role === 'train' && owner === func)
  const others = python
    .callsTo('torch.utils.data.DataLoader')
    .flatMap((one) => (one.function === func && one.assignedTo !== null ? [one.assignedTo] : []))
  const goesOver = (name: string): boolean =>
    loops.some(({ node }) => node.type === 'for' && mentions(node.iterable, name))
  return !goesOver(assignedTo) && others.some(goesOver)
}

const tries =
  /(?<![a-z])(limit\w*|debug\w*|smoke\w*|sanity\w*|dry_?run|overfit\w*|quick|tiny|trial_run|test_run)(?![a-z])/i

const asksForNone = /^\s*not\b|\bis\s+None\b|(==|\bis)\s*(False|0)\b/

/** `if args.limit_check:`, or the other branch of `if limit is None:`: a loader over a few samples that shows whether everything runs. */
function isTriedOut(python: PythonModule, { expr }: Call): boolean {
  const isIn = ({ start, end }: Span): boolean => start <= expr.start && expr.end <= end
  return python.statements.some((one) => {
    if (one.type !== 'if' || !isIn(one)) return false
    const test = codeText(python, one.test.start, one.test.end)
    return tries.test(test) && (asksForNone.test(test) ? one.orelse : one.body).some(isIn)
  })
}

/** `for low, high in zip(low_loader, high_loader):`, where the order is what makes pairs of the samples. */
function goesInStep(python: PythonModule, { assignedTo }: Call): boolean {
  if (assignedTo === null) return false
  return python.calls.some(({ expr: { callee, args } }) => {
    if (callee.type !== 'name' || callee.id !== 'zip') return false
    const others = args.filter(({ value }) => !mentions(value, assignedTo))
    return others.length < args.length && others.some(({ value }) => keepsStep(python, value))
  })
}

/** By the name alone, so that `self.low` stands for `low` too. */
const mentions = (expr: Expr, name: string): boolean =>
  (expr.type === 'name' && expr.id === name) ||
  (expr.type === 'attribute' && expr.attr === name) ||
  childrenOf(expr).some((child) => mentions(child, name))

/** It gives what belongs to the samples, and is not drawn at random itself: no counter, no loader that shuffles. */
function keepsStep(python: PythonModule, expr: Expr): boolean {
  const value = python.definition(expr)
  if (value.type !== 'call') return true
  const { callee, args } = value
  const name = callee.type === 'name' ? callee.id : callee.type === 'attribute' ? callee.attr : ''
  if (/^(t?range|arange|count|repeat)$/.test(name)) return false
  if (/^(enumerate|iter|tqdm|cycle|islice)$/.test(name) && args[0] !== undefined)
    return keepsStep(python, args[0].value)
  const shuffle = args.find((one) => one.name === 'shuffle')?.value
  return shuffle === undefined || knownArgument(asArgument(python, shuffle)) !== true
}

/** Its class, in another module, sorts the samples when it is made. */
function isSorted(python: PythonModule, dataset: Expr): boolean {
  const made = python.definition(dataset)
  if (made.type !== 'call') return false
  const calls = python.importedClass(made.callee)?.calls ?? []
  return calls.some((name) => /(^|\.)(sort|sorted|sort_values|argsort)$/.test(name))
}

/** The data set gives any sample by its number. */
function isIndexed(python: PythonModule, dataset: Expr): boolean {
  const made = python.definition(dataset)
  if (made.type !== 'call') return false
  const klass = python.classOf(made.callee)
  if (klass !== null) return klass.methods.has('__getitem__')
  const imported = python.importedClass(made.callee)
  if (imported !== null)
    return imported.items !== undefined && !imported.bases.some((one) => stream.test(one))
  return indexed.test(python.callAt(made)?.name ?? '')
}

const stream = /(^|\.)Iterable\w*$/
const indexed =
  /^torchvision\.datasets\.[A-Z]|^torch\.utils\.data\.(TensorDataset|Subset|ConcatDataset|random_split)$/

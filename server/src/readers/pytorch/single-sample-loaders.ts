/** Loaders that hand an evaluation one sample at a time, though its samples have one size. */
import type { Call, Loop, PythonModule } from '../../python/module.js'
import { heldBy } from '../../python/value-origins.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'
import { namesIn } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { fixedArgument, knownArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { feedsOf } from './loader-use.js'

export interface SingleSampleLoader {
  call: Call
  /** As the program calls it: 'test_loader'. */
  name: string
  dataset: Expr
  /** The argument that says so; null: none does. */
  size: Span | null
  /** What goes through it here; null: another function does. */
  loop: Loop | null
}

const loader = 'torch.utils.data.DataLoader'

export function singleSampleLoaders(python: PythonModule): SingleSampleLoader[] {
  const loaders = python.callsTo(loader)
  const single = loaders.filter(
    (call) => call.assignedTo !== null && takesOne(python, call) && feedsOf(python, call) === 'evaluation',
  )
  if (single.length === 0) return []
  const trained = trainingSources(python, loaders)
  const loops = loopsByName(python)
  return single.flatMap((call): SingleSampleLoader[] => {
    const assignedTo = call.assignedTo!
    const dataset = passedExpression(python.argument(call, 'dataset', 0))
    const collator = collatorOf(python, call)
    if (dataset === null || collator === null || !haveOneSize(python, dataset, collator, trained)) return []
    const loop = loops.get(assignedTo)?.find(({ function: func }) => func === call.function)
    const size = python.argument(call, 'batch_size', 1)
    return [
      {
        call,
        name: assignedTo,
        dataset,
        size: size.state === 'given' ? size.span : null,
        loop: loop ?? null,
      },
    ]
  })
}

/** What puts a batch together, as it is written; null: a sampler of batches may do as it likes. */
function collatorOf(python: PythonModule, call: Call): string | null {
  if (mayBePassed(python.argument(call, 'batch_sampler'))) return null
  const collator = python.argument(call, 'collate_fn')
  if (!mayBePassed(collator)) return ''
  const given = passedExpression(collator)
  return given === null ? null : written(python, given)
}

function takesOne(python: PythonModule, call: Call): boolean {
  const size = python.argument(call, 'batch_size', 1)
  return size.state === 'absent' || fixedArgument(size) === 1
}

function takesSeveral(python: PythonModule, call: Call): boolean {
  const size = python.argument(call, 'batch_size', 1)
  const known = knownArgument(size)
  return size.state === 'given' && (typeof known === 'number' ? known > 1 : known !== null)
}

/** Where the samples of trainings come from that take several at a time. */
interface TrainingSources {
  /** With what puts their batches together. */
  splits: ReadonlyMap<Expr, string>
  /** By what makes the data set and puts its batches together, as they are written. */
  made: ReadonlyMap<string, CallExpr[]>
}

function trainingSources(python: PythonModule, loaders: readonly Call[]): TrainingSources {
  const splits = new Map<Expr, string>()
  const made = new Map<string, CallExpr[]>()
  for (const call of loaders) {
    const collator = collatorOf(python, call)
    if (collator === null || !takesSeveral(python, call) || feedsOf(python, call) !== 'training') continue
    const given = passedExpression(python.argument(call, 'dataset', 0))
    if (given === null) continue
    const source = sourceOf(python, given)
    if (source.split !== null) splits.set(source.split, collator)
    if (source.made === null) continue
    const maker = `${written(python, source.made.callee)} ${collator}`
    const alike = made.get(maker) ?? []
    // More of one class are trainings of their own, not what this evaluation belongs to.
    if (alike.length < mostAlike) made.set(maker, [...alike, source.made])
  }
  return { splits, made }
}

const mostAlike = 8

function loopsByName(python: PythonModule): Map<string, Loop[]> {
  const found = new Map<string, Loop[]>()
  for (const loop of python.loops) {
    if (loop.node.type !== 'for') continue
    for (const name of new Set(namesIn(loop.node.iterable)))
      found.set(name, [...(found.get(name) ?? []), loop])
  }
  return found
}

/** Tensors, or samples of which the training takes several at a time. */
function haveOneSize(
  python: PythonModule,
  dataset: Expr,
  collator: string,
  trained: TrainingSources,
): boolean {
  const { made, split } = sourceOf(python, dataset)
  if (split !== null) return trained.splits.get(split) === collator
  if (made === null) return false
  if (collator === '' && python.nameOf(made.callee) === 'torch.utils.data.TensorDataset') return true
  const others = trained.made.get(`${written(python, made.callee)} ${collator}`) ?? []
  return others.some((other) => alike(python, made, other))
}

const written = (python: PythonModule, { start, end }: Expr): string => python.code.slice(start, end)

interface Source {
  /** The call that makes the data set. */
  made: CallExpr | null
  /** The call that made it and others of one: `train, test = random_split(data, …)`. */
  split: Expr | null
}

const nothing: Source = { made: null, split: null }
const parts = /^torch\.utils\.data\.(Subset|dataset\.Subset)$/

function sourceOf(python: PythonModule, expr: Expr, depth = 0): Source {
  if (depth > 4) return nothing
  if (expr.type === 'name') {
    const { bindings } = heldBy(python, expr)
    const [only] = bindings
    if (only === undefined || bindings.length > 1 || only.kind !== 'assign' || only.value === null)
      return nothing
    if (only.unpack === null) return sourceOf(python, only.value, depth + 1)
    const isSplit =
      only.value.type === 'call' && python.nameOf(only.value.callee) === 'torch.utils.data.random_split'
    return isSplit ? { made: null, split: only.value } : nothing
  }
  if (expr.type !== 'call') return nothing
  const [first] = expr.args
  if (parts.test(python.nameOf(expr.callee) ?? '') && first !== undefined)
    return sourceOf(python, first.value, depth + 1)
  return { made: expr, split: null }
}

/** Arguments that say which samples, and nothing of what is done to them. */
const selections =
  /^(root|path|dir|folder|download|df|data|dataframe|csv|csv_file|file|files|annotations?|labels?|targets?|indices|ids|X|y|x)$|(_paths?|_dir|_files?|_root|_df|_csv|_folder|_list)$/i
const transforms = /transform|augment|preproc/i
/** These give pictures of one size. */
const fixesSize =
  /CenterCrop|RandomCrop|RandomResizedCrop|Resize\(\s*(size\s*=\s*)?[[(]|Resize\(\s*\w+\s*,\s*\w+/

/** Both are made by one class. Of different samples; transforms are the same, or bring pictures to one size. */
function alike(python: PythonModule, own: CallExpr, theirs: CallExpr): boolean {
  if (own.args.length !== theirs.args.length) return false
  // A class of the program may do something else for another part: crops in the training, whole pictures after it.
  const ofLibrary = python.nameOf(own.callee)?.startsWith('torchvision.datasets.') === true
  return own.args.every(({ name, star, value }, position) => {
    const other = theirs.args[position]
    if (star > 0 || other === undefined || other.name !== name) return false
    if (written(python, value) === written(python, other.value)) return true
    const made = written(python, python.result(value))
    if (transforms.test(name ?? made)) return fixesSize.test(made)
    if (value.type === 'constant' && typeof value.value !== 'string') return ofLibrary
    return ofLibrary || (name === null ? position === 0 : selections.test(name))
  })
}

/** How PyTorch spells changes of what processes share. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import { whereWritten } from '../../python/where-written.js'
import type { Expr } from '../../syntax/python-ast.js'
import {
  isUnreadable,
  knownArgument,
  mayBePassed,
  passedExpression,
  passedPlace,
} from '../../values/argument.js'
import { writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import type { FragmentFacts } from '../reader.js'
import { unmoved } from './called-networks.js'

export function changeDistributed(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'the value comes from the launch' }
  if (claim.site.target?.kind === 'step')
    return {
      reason: `put the backward passes before the last one of each step under ${claim.key === 'no_backward_sync' ? 'fabric.no_backward_sync(model)' : 'model.no_sync()'}`,
    }
  const call = claimedCall(python, claim.site)
  if (call === null) return { reason: 'the code is no longer in the file' }
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  if (claim.setting === 'findsUnused') {
    const written = call.expr.args.find((one) => one.name === 'find_unused_parameters')
    if (written === undefined) return { reason: 'it is set elsewhere' }
    if (written.value.type !== 'constant') return turnOffAtParameter(python, written.value, facts)
    const seen = isDefinedHere(python, call)
    return {
      title: `Remove find_unused_parameters${seen ? '' : ', if all parameters get a gradient in every step'}`,
      safety: seen ? 'unsafe' : 'display',
      writes: [{ kind: 'remove keyword', path, call: range, name: 'find_unused_parameters' }],
      imports: [],
    }
  }
  if (claim.setting === 'backend') {
    const given = python.argument(call, 'backend', 0)
    const quote = python.text[passedPlace(given)?.start ?? 0] === "'" ? "'" : '"'
    const written = writeArgument(facts, call, 'backend', given, `${quote}${String(value)}${quote}`)
    if ('reason' in written) return written
    const exchanges = exchangesTensors(python)
    return {
      title: `Use the ${String(value)} backend${exchanges ? ', if all that processes exchange lies on GPUs' : ''}`,
      safety: exchanges ? 'display' : 'unsafe',
      writes: [written],
      imports: [],
    }
  }
  if (claim.setting === 'sharded' && python.uses('ray.train.torch.'))
    return prepareLoader(python, call, facts)
  if (claim.setting === 'sharded') return addSampler(python, call, facts)
  if (claim.setting === 'reshuffled') return addEpoch(python, call, facts)
  return byHand(claim)
}

const collectives =
  /^torch\.distributed\.(all_gather|all_gather_into_tensor|all_reduce|all_to_all|all_to_all_single|broadcast|gather|irecv|isend|recv|reduce|reduce_scatter|scatter|send)$/

/** The program hands tensors to others by itself, which nccl takes from GPUs only, or has other modules do so. */
function exchangesTensors(python: PythonModule): boolean {
  return python.calls.some(
    ({ name, expr: { args } }) =>
      (name !== null && collectives.test(name)) ||
      args.some(({ value }) => value.type === 'name' && python.nameOf(value) === 'torch.distributed'),
  )
}

/** A library or this module makes the model that is wrapped, so what it does in a step has been read. */
function isDefinedHere(python: PythonModule, call: Call): boolean {
  const model = passedExpression(python.argument(call, 'module', 0))
  if (model === null) return false
  const moved = unmoved(python.result(unmoved(model)))
  const made = moved.type === 'name' ? unmoved(python.result(moved)) : moved
  if (made.type !== 'call') return false
  if (python.classOf(made.callee) !== null) return true
  return python.nameOf(made.callee) !== null && python.projectMember(made.callee) === null
}

/** `def wrap(model, find_unused_parameters=True)`: the function has it from its callers, who go on passing what they want. */
function turnOffAtParameter(python: PythonModule, given: Expr, facts: FragmentFacts): Change | Refusal {
  const bindings = given.type === 'name' ? python.bindingsOf(given) : []
  const [binding, another] = bindings
  const byDefault = binding?.kind === 'param' && another === undefined ? binding.value : null
  if (given.type !== 'name' || byDefault?.type !== 'constant' || byDefault.value !== true)
    return { reason: 'it is set elsewhere' }
  return {
    title: `Search for unused parameters only where it is asked for (${given.id}=False by default)`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace',
        path: facts.path,
        range: { fragment: facts.fragment.index, start: byDefault.start, end: byDefault.end },
        text: 'False',
      },
    ],
    imports: [],
  }
}

/** `sampler = DistributedSampler(data)` before the loader, and `set_epoch` at the start of each epoch. */
function addSampler(python: PythonModule, call: Call, facts: FragmentFacts): Change | Refusal {
  const { path, fragment } = facts
  const dataset = passedExpression(python.argument(call, 'dataset', 0))
  if (dataset === null) return { reason: 'the data set of the loader cannot be read' }
  if (isStream(python, dataset))
    return {
      reason:
        'the data set is a stream, which takes no sampler: let each process read its own part (datasets.distributed.split_dataset_by_node)',
    }
  const shuffle = python.argument(call, 'shuffle', 2)
  if (isUnreadable(shuffle)) return { reason: 'whether it shuffles cannot be read' }
  const positional = call.expr.args.filter((one) => one.name === null).length
  if (positional > 2) return { reason: 'its arguments are given by position' }
  const shuffled = knownArgument(shuffle) === true
  const use = { path, fragment: fragment.index, offset: call.expr.start }
  const made = nameFor(python.tree, 'torch.utils.data.distributed', 'DistributedSampler', use)
  const data = python.text.slice(dataset.start, dataset.end)
  if (dataset.type !== 'name' && dataset.type !== 'attribute')
    return { reason: 'give the data set a name first' }
  const name = freeName(python, 'train_sampler')
  const { statement } = whereWritten(call)
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  const writes: Write[] = [
    {
      kind: 'insert lines',
      path,
      where: 'before',
      statement: { fragment: fragment.index, start: statement.start, end: statement.end },
      lines: [`${name} = ${made.text}(${data}, shuffle=${shuffled ? 'True' : 'False'})`],
    },
    ...(mayBePassed(shuffle)
      ? [{ kind: 'remove keyword', path, call: range, name: 'shuffle' } as const]
      : []),
    { kind: 'set keyword', path, call: range, name: 'sampler', value: name },
  ]
  const imports: Import[] = made.import === null ? [] : [made.import]
  const epoch = shuffled ? setEpoch(python, call, name, facts) : null
  if (epoch !== null) writes.push(epoch)
  const title = 'Give each process its share (DistributedSampler)'
  // The loop over epochs is out of reach: its order has to be drawn there.
  if (shuffled && epoch === null)
    return {
      title: `${title}, and call its set_epoch(epoch) in each epoch`,
      safety: 'display',
      writes,
      imports,
    }
  return { title, safety: 'unsafe', writes, imports }
}

function isStream(python: PythonModule, dataset: Expr): boolean {
  const made = python.callOf(dataset)?.expr.callee
  if (made === undefined) return false
  const bases = python.classOf(made)?.bases ?? python.importedClass(made)?.bases ?? []
  return bases.some((base) => /(^|\.)IterableDataset$/.test(base))
}

/** Ray moves batches to the GPU of the worker as well. */
function prepareLoader(python: PythonModule, call: Call, facts: FragmentFacts): Change {
  const { path, fragment } = facts
  const { start, end } = call.expr
  const made = nameFor(python.tree, 'ray.train.torch', 'prepare_data_loader', {
    path,
    fragment: fragment.index,
    offset: start,
  })
  return {
    title: 'Give each worker its share (ray.train.torch.prepare_data_loader)',
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace',
        path,
        range: { fragment: fragment.index, start, end },
        text: `${made.text}(${python.text.slice(start, end)})`,
      },
    ],
    imports: made.import === null ? [] : [made.import],
  }
}

function freeName(python: PythonModule, wanted: string): string {
  const taken = (name: string) => new RegExp(`\\b${name}\\b`).test(python.text)
  if (!taken(wanted)) return wanted
  for (let count = 2; ; count++) if (!taken(`${wanted}_${count}`)) return `${wanted}_${count}`
}

/** In the same function as the loader, where the sampler's name is known. */
function setEpoch(python: PythonModule, made: Call, name: string, facts: FragmentFacts): Write | null {
  const { function: where } = whereWritten(made)
  const loop = python.loops.find((one) => one.role === 'epoch' && one.function === where)
  if (loop === undefined || loop.node.type !== 'for' || loop.node.target.type !== 'name') return null
  const first = loop.node.body[0]
  if (first === undefined || loop.node.start < made.expr.end) return null
  return {
    kind: 'insert lines',
    path: facts.path,
    where: 'before',
    statement: { fragment: facts.fragment.index, start: first.start, end: first.end },
    lines: [`${name}.set_epoch(${loop.node.target.id})`],
  }
}

function addEpoch(python: PythonModule, sampler: Call, facts: FragmentFacts): Change | Refusal {
  const name = sampler.assignedTo
  const write = name === null ? null : setEpoch(python, sampler, name, facts)
  if (name === null) return { reason: 'call `loader.sampler.set_epoch(epoch)` at the start of each epoch' }
  if (write === null) return { reason: 'the epochs run in another function: call set_epoch there' }
  return {
    title: `Draw a new order for each epoch (${name}.set_epoch)`,
    safety: 'unsafe',
    writes: [write],
    imports: [],
  }
}

/** How a data loader is told to do otherwise: its workers, what it pins and keeps, its order, and the copies of what it gives. */
import { nameFor } from '../../edit/imports.js'
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import { fixedArgument, mayBePassed, passedExpression } from '../../values/argument.js'
import { effective } from '../../values/value.js'
import { mayArrive, writeArgument } from '../../values/write-argument.js'
import type { Claim } from '../../workload/claim.js'
import { byHand, changeOf } from '../change-answer.js'
import { claimedCall } from '../claim-argument.js'
import { upToCores } from '../core-count.js'
import { mayKnow } from '../first-releases.js'
import type { FragmentFacts } from '../reader.js'
import { isConfigured, writeConfigured } from '../write-configured.js'
import { writeLaunchValue } from '../write-launch-value.js'
import { keepsSamplesApart } from './collate.js'
import { collateWork } from './collate-work.js'
import { waitingCopies } from './copies.js'
import { datasetWork } from './dataset-work.js'
import { decoderInStep } from './decoder-in-step.js'
import { codeText } from './evidence.js'
import { keepingWorkers, testsOnce, whyNotKept } from './keeping-workers.js'
import { usesAny } from './library-uses.js'
import { positionsOf } from './loader-arguments.js'
import { feedsOf } from './loader-use.js'
import { manyAtOnce } from './loaders-at-once.js'
import { beforeHandingOver } from './local-samples.js'
import { moving } from './resident-batches.js'
import { siblingLoaders } from './sibling-loaders.js'
import { beforeSpawning } from './spawned-workers.js'
import { type WorkersOption, workersOption } from './workers-option.js'

/** What a program uses that runs as several processes on one machine. */
const perProcess = [
  'torch.distributed.init_process_group',
  'torch.nn.parallel.DistributedDataParallel',
  'torch.utils.data.distributed.DistributedSampler',
  'torch.utils.data.DistributedSampler',
  'accelerate.Accelerator',
]
const forEach = 4

/** The title of a change to so many worker processes. */
export const loadWith = (count: number): string =>
  `Load with ${count} worker ${count === 1 ? 'process' : 'processes'}`

/** `value` null: as many workers as the machine that runs it has cores for; 'allowed cores': as the process may use of them. */
export function changeLoader(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (isConfigured(claim, facts)) {
    if (claim.setting === 'workers')
      return writeConfigured(claim, typeof value === 'number' ? value : 4, facts)
    return writeConfigured(claim, true, facts)
  }
  const { python, path, fragment } = facts
  if (python === undefined && claim.setting === 'workers') {
    const count = typeof value === 'number' ? value : 8
    const there = writeLaunchValue(claim, String(count), facts)
    return changeOf(loadWith(count), [there])
  }
  const call = claimedCall(python, claim.site)
  if (python === undefined || call === null) return { reason: 'the loader is no longer in the file' }
  const positions = positionsOf(python, call)
  if (positions !== undefined && claim.setting === 'pinnedMemory') {
    const { code, imports } = pinning(python, call, facts)
    const pinned = python.argument(call, claim.key, positions.pinned)
    return withSiblings(switchOn(claim, pinned, call, facts, code, imports), claim, call, facts)
  }
  if (positions !== undefined && claim.setting === 'persistentWorkers') {
    const kept = keepingWorkers(python, call, positions.workers)
    if ('reason' in kept) return kept
    const change = switchOn(claim, python.argument(call, claim.key), call, facts, kept.code)
    return withSiblings(change, claim, call, facts, kept.code)
  }
  if (claim.setting === 'waitingCopies') return overlapCopies(python, facts)
  if (claim.setting === 'shuffled') {
    const written = writeArgument(facts, call, 'shuffle', python.argument(call, 'shuffle', 2), 'True')
    return 'reason' in written
      ? written
      : { title: 'Shuffle in every epoch (shuffle=True)', safety: 'unsafe', writes: [written], imports: [] }
  }
  if (claim.setting !== 'workers') return byHand(claim)
  if (positions === undefined) return { reason: 'the loader is no longer in the file' }
  const workers = python.argument(call, 'num_workers', positions.workers)
  const given = passedExpression(python.argument(call, 'dataset', 0))
  if (given !== null && datasetWork(python, given)?.work === 'memory' && decoderInStep(python, call) !== null)
    return { reason: 'read the files in the data set first: worker processes make samples, not steps' }
  if (passedExpression(workers) === null && mayBePassed(workers))
    return { reason: 'its arguments are not written here' }
  const imports: Import[] = []
  let code: string
  let title: string
  const option = effective(claim) === 0 ? workersOption(python, call) : null
  if (claim.location.path !== path) {
    // A module of constants holds plain numbers.
    const count = typeof value === 'number' ? value : 4
    code = String(count)
    title = loadWith(count)
  } else if (option !== null) {
    code = option.code
    title = `Load with as many worker processes as ${option.flag} says (${option.byDefault} by default)`
  } else if (typeof value === 'number') {
    code = String(value)
    title = loadWith(value)
  } else if (python.usesHere(...perProcess)) {
    // Each of the processes of a machine would count all of its cores.
    code = String(forEach)
    title = `${loadWith(forEach)} for each process`
  } else {
    const counter = value === 'allowed cores' ? 'sched_getaffinity' : 'cpu_count'
    const cores = upToCores(python, facts, call.expr.start, counter)
    code = cores.code
    imports.push(...cores.imports)
    title = 'Load with up to 8 worker processes'
  }
  const written = writeArgument(facts, call, 'num_workers', workers, code)
  if ('reason' in written) return written
  const writes: Write[] = [written]
  const range = { fragment: fragment.index, start: call.expr.start, end: call.expr.end }
  // Where there were workers before, or somebody sets their number in another file, only that changes.
  const open: Record<string, ArgumentValue> =
    effective(claim) === 0 && claim.location.path === path
      ? {
          pin_memory: python.argument(call, 'pin_memory', positions.pinned),
          persistent_workers: python.argument(call, 'persistent_workers'),
        }
      : {}
  for (const [name, argument] of Object.entries(open)) {
    if (mayBePassed(argument) || mayArrive(python, call, name)) continue
    if (name === 'pin_memory' && keepsSamplesApart(python, call)) continue
    const value =
      name === 'persistent_workers'
        ? keptWith(python, call, workers, option, facts)
        : pinning(python, call, facts).code
    if (value === null) continue
    writes.push({ kind: 'set keyword', path, call: range, name, value })
    if (name === 'pin_memory') imports.push(...pinning(python, call, facts).imports)
  }
  // Pinned memory is of use to copies that the host does not wait for.
  if (open.pin_memory !== undefined && !mayBePassed(open.pin_memory) && feedsOf(python, call) === 'training')
    writes.push(...overlapping(python, facts))
  const condition =
    conditionOf(python, call) ?? beforeSpawning(python, call, facts) ?? beforeHandingOver(python, call)
  return {
    title: condition === null ? title : `${title}, ${condition}`,
    safety: condition === null ? 'unsafe' : 'display',
    writes,
    imports,
  }
}

/** What has to hold for workers to help, where the code does not tell; null: they help. */
function conditionOf(python: PythonModule, call: Call): string | null {
  if (isUnshardedStream(python, call)) return 'once the data set is sharded among them with get_worker_info()'
  if (manyAtOnce(python, call))
    return 'if few of these loaders are at work at once: each has workers of its own'
  return madeOnHost(python, call) ? null : 'if its samples are made on the CPU'
}

/** `persistent_workers` beside a number of workers that is written now; null: it would not always be right. */
function keptWith(
  python: PythonModule,
  call: Call,
  workers: ArgumentValue,
  option: WorkersOption | null,
  { versions }: FragmentFacts,
): string | null {
  if (
    !mayKnow(versions, 'persistent_workers') ||
    whyNotKept(python, call) !== null ||
    testsOnce(python, call)
  )
    return null
  // The option may be given a zero, with which PyTorch refuses to keep workers.
  if (option !== null) return `${option.code} > 0`
  const given = passedExpression(workers)
  if (given !== null && python.optionPlace(given) !== null)
    return `${python.text.slice(given.start, given.end)} > 0`
  if (!mayBePassed(workers) || fixedArgument(workers) !== undefined) return 'True'
  const kept = keepingWorkers(python, call, positionsOf(python, call)?.workers ?? null)
  return 'reason' in kept ? null : kept.code
}

/** A worker process cannot make samples on the accelerator: it is seen what makes them, or that a step copies them there. */
function madeOnHost(python: PythonModule, call: Call): boolean {
  const dataset = passedExpression(python.argument(call, 'dataset', 0))
  if (collateWork(python, call) !== null || passedExpression(python.argument(call, 'collate_fn')) !== null)
    return true
  if (dataset !== null && (datasetWork(python, dataset)?.work ?? null) !== null) return true
  if (usesAny(python, moving)) return true
  return python.loops.some(({ node }) => copying.test(codeText(python, node.start, node.end)))
}

const copying = /\.(to|cuda|xpu|mps)\(|non_blocking|to_device|device_put/

/** What `pin_memory` is given: PyTorch does not pin for Metal, and warns of it. */
function pinning(
  python: PythonModule,
  call: Call,
  { path, fragment }: FragmentFacts,
): { code: string; imports: Import[] } {
  if (!python.usesHere('torch.backends.mps.is_available', 'torch.mps.')) return { code: 'True', imports: [] }
  const use = { path, fragment: fragment.index, offset: call.expr.start }
  const asks = nameFor(python.tree, 'torch.cuda', 'is_available', use)
  return { code: `${asks.text}()`, imports: asks.import === null ? [] : [asks.import] }
}

/** `pin_memory=True`, `persistent_workers=True`. */
function switchOn(
  claim: Claim,
  given: ArgumentValue,
  call: Call,
  facts: FragmentFacts,
  value: string,
  imports: Import[] = [],
): Change | Refusal {
  const written = writeArgument(facts, call, claim.key, given, value, undefined, true)
  if ('reason' in written) return written
  const title =
    claim.setting === 'pinnedMemory'
      ? `Collate into pinned memory (pin_memory=${value})`
      : `Keep the workers between epochs (persistent_workers=${value})`
  return { title, safety: 'unsafe', writes: [written], imports }
}

/** The same for the loaders that each epoch goes through as well. */
function withSiblings(
  change: Change | Refusal,
  claim: Claim,
  call: Call,
  facts: FragmentFacts,
  code?: string,
): Change | Refusal {
  const { python } = facts
  if ('reason' in change || python === undefined) return change
  const [first] = change.writes
  const value = code ?? (first?.kind === 'set keyword' ? first.value : null)
  if (value === null) return change
  const writes = siblingLoaders(python, call, claim.key).flatMap((one) => {
    const written = writeArgument(
      facts,
      one,
      claim.key,
      python.argument(one, claim.key),
      value,
      undefined,
      true,
    )
    return 'reason' in written ? [] : [written]
  })
  return { ...change, writes: [...change.writes, ...writes] }
}

/** The host goes on while pinned memory is copied; what uses the batch on the device waits for it there. */
function overlapCopies(python: PythonModule, facts: FragmentFacts): Change | Refusal {
  const writes = overlapping(python, facts)
  if (writes.length === 0) return { reason: 'the copies are no longer in the file' }
  return { title: 'Copy without waiting (non_blocking=True)', safety: 'safe', writes, imports: [] }
}

function overlapping(python: PythonModule, facts: FragmentFacts): Write[] {
  return waitingCopies(python).map(
    ({ expr }): Write => ({
      kind: 'set keyword',
      path: facts.path,
      call: { fragment: facts.fragment.index, start: expr.start, end: expr.end },
      name: 'non_blocking',
      value: 'True',
    }),
  )
}

function isUnshardedStream(python: PythonModule, call: Call): boolean {
  const dataset = passedExpression(python.argument(call, 'dataset', 0))
  return dataset !== null && datasetWork(python, dataset)?.unsharded === true
}

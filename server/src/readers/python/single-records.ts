/** Networks that are run on one record after the other, where a batch would take hardly longer than one of them. */
import type { Call, PythonModule } from '../../python/module.js'
import type { SinglePassKind } from '../../python/module-summary.js'
import { mayDifferInSize } from '../../python/record-sizes.js'
import { mayHoldSinglePasses, type SinglePass, singlePassesOf } from '../../python/single-passes.js'
import { originsOf } from '../../python/value-origins.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { calleePlace, callSite } from '../../values/places.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { usesKeras } from '../keras/fits.js'
import { claimOperation } from '../operation-claims.js'
import { evidenceAt } from '../pytorch/evidence.js'
import { usesAny } from '../pytorch/once.js'
import { defineReader } from '../reader.js'
import { elementFunctions } from './element-functions.js'
import { type RecordLoop, recordLoopOf } from './record-loops.js'

/** What to do instead. */
const remedies: Readonly<Record<SinglePassKind, string>> = {
  forward: 'stack a few dozen of them into one batch',
  generate: 'tokenise a few dozen of them together, padded on the left, and generate for all at once',
  predict: 'stack them and call it once: it makes batches itself',
  pipeline: 'hand it the whole list with `batch_size`',
  encode: 'hand it the whole list: it makes batches itself',
  engine: 'hand it the whole list: it batches itself',
}

/** These place their network on the accelerator that they find. */
const placed: ReadonlySet<SinglePassKind> = new Set(['predict', 'pipeline', 'encode', 'engine'])
/** An answer takes seconds; the others take a fraction of one. */
const slow: ReadonlySet<SinglePassKind> = new Set(['generate', 'engine'])

export const singleRecordsReader = defineReader({
  name: 'single-records',
  languages: ['python'],
  triggers: ['torch', 'tensorflow', 'keras', 'transformers', 'sentence_transformers', 'vllm'],
  read({ python }, _context, claims) {
    if (python === undefined || !mayHoldSinglePasses(python)) return
    for (const found of recordLoops(python)) claim(python, found, claims)
  },
})

interface Found {
  around: RecordLoop
  passes: SinglePass[]
}

/** Loops that run networks on one record at a time, with what runs them. */
function recordLoops(python: PythonModule): Found[] {
  const found = new Map<number, Found>()
  for (const call of python.calls)
    for (const pass of singlePassesOf(python, call)) {
      const around = recordLoopOf(python, pass)
      if (around === null || trains(around) || isRare(python, call, around.span)) continue
      const known = found.get(around.span.start)
      if (known === undefined) found.set(around.span.start, { around, passes: [pass] })
      else known.passes.push(pass)
    }
  return [...found.values()]
}

function trains({ loop }: RecordLoop): boolean {
  return loop !== null && (loop.effects.backward || loop.effects.trains || loop.effects.optimizerStep)
}

/** Behind a condition inside the loop: nobody knows how often. */
function isRare(python: PythonModule, { expr }: Call, around: Span): boolean {
  const holds = ({ start, end }: Span): boolean => start <= expr.start && expr.end <= end
  return python.statements.some(
    (one) =>
      one.type === 'if' &&
      around.start < one.start &&
      holds(one) &&
      blocksOf(one).some((block) => block.some(holds)),
  )
}

function claim(python: PythonModule, { around, passes }: Found, claims: ClaimBuilder): void {
  const [first] = [...passes].sort((a, b) => Number(slow.has(b.kind)) - Number(slow.has(a.kind)))
  const { call, kind } = first!
  const key = `${calleeText(python, call)}()`
  const at = calleePlace(call)
  const evidence = { ...evidenceAt(python, call) }
  // It runs a network, whatever else the file is for.
  if (evidence.role === 'library' || evidence.role === 'data') evidence.role = 'inference'
  if (evidence.accelerator === 'none' && (placed.has(kind) || usesKeras(python)))
    evidence.accelerator = 'maybe'
  const operation = claimOperation(claims, {
    kind: 'single record',
    place: 'sample',
    key,
    at,
    site: callSite(call),
    scope: call.function?.qualified ?? '',
    evidence,
    places: passes.map((one) => ({ what: `${calleeText(python, one.call)}()`, node: calleePlace(one.call) })),
    weight: slow.has(kind) ? 'severe' : 'ordinary',
    wantedFor: wantedFor(python, around, passes),
    apart: 'single record',
  })
  operation.known('repeatedFor', key, around.each, at)
  operation.known('remedy', key, remedies[kind], at)
  const { most, bound } = around.records
  if (most !== null) operation.known('times', key, most, at)
  else if (bound !== null) operation.unknown('times', bound, 'it bounds the number of records', at)
  else if (around.loop?.hasBreak === true) operation.unknown('times', 'break', 'the loop may end early', at)
}

function calleeText(python: PythonModule, call: Call): string {
  const { start, end } = calleePlace(call)
  return python.text.slice(start, end).replace(/\s+/g, '')
}

const clock =
  /\b(perf_counter|monotonic|default_timer|process_time)(_ns)?\(|\btime\.time(_ns)?\(|cuda\.Event\(/
const drawing =
  /\bplt\.|\.imshow\(|\bax\w*(\[[^\]]*\])?\.\w+\(|(^|[^.\w])display\(|\bst\.\w+\(|\bdraw\w*\(|visuali[sz]e\w{0,40}\(|\bplot\w*\(/i
const keeping =
  /\.(append|extend|add|add_batch|update|write|writerow|writelines|dump|put|insert|log|log_metric|imwrite|save\w*|to_csv|send|submit)\(|\bdumps?\(|\byield\b|imwrite\(|\bsave\w*\(/i

const printing = /\bp?print\(|\blog(ger|ging)?\.(info|debug|warning)\(/

/** Why it may be right as it is; null: nothing speaks for it. */
function wantedFor(
  python: PythonModule,
  { loop, span }: RecordLoop,
  passes: readonly SinglePass[],
): string | null {
  const { function: func } = passes[0]!.call
  if (func !== null && elementFunctions(python).some((one) => one.func === func))
    return 'it answers a request'
  const each = loop === null ? python.code.slice(span.start, span.end) : unconditional(python, loop.node.body)
  if (clock.test(each)) return 'it measures how long one takes'
  if (drawing.test(each)) return 'each result is drawn'
  if (loop !== null && printing.test(each) && !keepsResults(python, loop.node.body))
    return 'each result is printed, and none is kept'
  if (usesAny(python, ['torch_geometric.', 'dgl.'])) return 'graphs differ in size'
  if (passes.every((pass) => mayDifferInSize(python, pass.record, pass.within)))
    return 'the records may differ in size'
  return null
}

/** What is written in a block, without what stands behind conditions. */
function unconditional(python: PythonModule, block: readonly Stmt[]): string {
  const { code } = python
  return block
    .map((one): string => {
      if (one.type === 'if') return ''
      const inner = blocksOf(one)
      const [first] = inner.flat()
      if (first === undefined) return code.slice(one.start, one.end)
      return [code.slice(one.start, first.start), ...inner.map((more) => unconditional(python, more))].join(
        '\n',
      )
    })
    .join('\n')
}

/** Something stays of a record when the next one comes. */
function keepsResults(python: PythonModule, block: readonly Stmt[]): boolean {
  return block.some((one) => {
    const inner = blocksOf(one)
    if (inner.length > 0) return inner.some((more) => keepsResults(python, more))
    if (one.type === 'augassign' || one.type === 'return') return true
    if (one.type === 'assign' && one.targets.some(({ type }) => type !== 'name' && type !== 'tuple'))
      return true
    if (keeping.test(python.code.slice(one.start, one.end))) return true
    // `total = total + hit`.
    return one.type === 'assign' && one.value !== null && originsOf(python, one.value).carried
  })
}

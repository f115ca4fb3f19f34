/** How a step is written without waiting for the accelerator: what it reads is added up there, or printed now and then. */
import { findStatement } from '../../edit/python-find.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { usesOf } from '../../syntax/python-children.js'
import type { Claim } from '../../workload/claim.js'
import { rangeOf, refuse } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { repeatedReads } from './repeated-reads.js'
import { type Step, stepAt } from './step-operations.js'
import { type Extraction, readElsewhere, synchronisation, waitsForClock } from './synchronisation.js'

const gone = refuse('the code is no longer in the file')

export function readLess(python: PythonModule, claim: Claim, facts: FragmentFacts): Change | Refusal {
  const step = stepAt(python, claim.site)
  if (step === undefined) return gone
  // A wait that stays under `if writer is not None:` would stop each step all the same.
  const { extractions } = synchronisation(python, step.code, { onDevice: step.onDevice, conditional: true })
  if (extractions.every(({ conditional }) => conditional === true)) return gone
  const other = readElsewhere(python, step.code)
  if (other !== null)
    return refuse(`${other}() waits for the accelerator in each step as well: have it return tensors first`)
  const repeated = repeatedReads(python, step)
  if (repeated.some(({ expr }) => expr === null))
    return refuse('copy the batch to the host once, before the loop over its samples')
  const writes: Write[] = []
  const wrapped = new Set<Stmt>()
  for (const extraction of extractions) {
    if (wrapped.has(extraction.statement)) continue
    if (extraction.conditional === true) {
      const less = printLess(step, extraction, facts)
      if (less !== null) writes.push(...less.writes)
      wrapped.add(extraction.statement)
      continue
    }
    if (waitsForClock(python, extraction, extraction.func?.node ?? step.node))
      return refuse('it takes the time of the step: do so every 50 steps, behind a count')
    const one =
      removeWait(extraction, facts) ??
      accumulate(python, step, extraction, facts) ??
      printLess(step, extraction, facts)
    if (one === null && repeated.some(({ node, each }) => node === extraction.node && each !== 'sample'))
      return refuse('write the loop so that its values stay on the accelerator, and read the result once')
    if (one === null)
      return refuse(
        `${extraction.what} is used in the step: keep the value on the accelerator, and read it every 50 steps`,
      )
    if (one.wraps) wrapped.add(extraction.statement)
    writes.push(...one.writes)
  }
  const what = [
    ...new Set(
      writes.map((write) =>
        write.kind === 'wrap block'
          ? 'print every 50 steps'
          : write.kind === 'remove statement'
            ? 'do not wait'
            : 'add up on the accelerator',
      ),
    ),
  ].join(', ')
  return {
    title: what[0]!.toUpperCase() + what.slice(1),
    safety: 'unsafe',
    writes: joined(python, once(writes)),
    imports: [],
  }
}

/** Statements that follow each other go under one header. */
function joined(python: PythonModule, writes: Write[]): Write[] {
  const all: Write[] = []
  const wraps = writes.filter((write) => write.kind === 'wrap block')
  for (const write of wraps.sort((a, b) => a.first.start - b.first.start)) {
    const before = all.at(-1)
    if (before?.kind === 'wrap block' && before.header === write.header) {
      const last = findStatement(python.tree, before.last)
      const next = findStatement(python.tree, write.first)
      if (last !== null && last.block === next?.block && last.index + 1 === next.index) {
        all[all.length - 1] = { ...before, last: write.last }
        continue
      }
    }
    all.push(write)
  }
  return [...all, ...writes.filter((write) => write.kind !== 'wrap block')]
}

function once(writes: Write[]): Write[] {
  const seen = new Set<string>()
  return writes.filter((write) => {
    const key = JSON.stringify(write)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

interface Written {
  writes: Write[]
  /** The whole statement is dealt with, whatever else it reads. */
  wraps: boolean
}

/** `torch.cuda.synchronize()` as a statement of its own. */
function removeWait({ statement, expr, what }: Extraction, facts: FragmentFacts): Written | null {
  if (!/synchronize\(\)$/.test(what) || statement.type !== 'expr' || statement.value !== expr) return null
  return {
    writes: [{ kind: 'remove statement', path: facts.path, statement: rangeOf(facts, statement) }],
    wraps: true,
  }
}

/** `running += loss.item()`: added up on the accelerator, read once behind the loop. */
function accumulate(
  python: PythonModule,
  step: Step,
  extraction: Extraction,
  facts: FragmentFacts,
): Written | null {
  const { statement, expr, func } = extraction
  if (step.loop === null || func !== step.loop.function || expr === null) return null
  if (statement.type !== 'augassign' || statement.op !== '+=' || statement.target.type !== 'name') return null
  if (expr.type !== 'call' || expr.callee.type !== 'attribute' || expr.callee.attr !== 'item') return null
  if (expr.args.length > 0 || !isTerm(statement.value, expr)) return null
  const name = statement.target.id
  const uses = usesOf(step.loop.node.body, name).length
  // Whatever else the loop does with the sum expects a number.
  if (uses > 1 || statement.value.end > step.loop.node.end) return null
  const kept = beforeTheHost(expr.callee.value)
  const { path } = facts
  const loop = rangeOf(facts, step.loop.node)
  // Hits are counted in whole numbers, as `.item()` gave them.
  const type = isCount(python, kept) ? 'int' : 'float'
  // `x.detach().item()` needs no second detach, and what is counted has no graph.
  const detached = type === 'int' || /\.(detach\(\)|data)$/.test(slice(python, kept))
  return {
    writes: [
      {
        kind: 'replace',
        path,
        range: { ...rangeOf(facts, expr), start: kept.end },
        text: detached ? '' : '.detach()',
      },
      { kind: 'insert lines', path, where: 'after', statement: loop, lines: [`${name} = ${type}(${name})`] },
    ],
    wraps: false,
  }
}

/** `loss` of `loss.cpu()`, which waits for the accelerator as `.item()` does. */
function beforeTheHost(expr: Expr): Expr {
  if (expr.type !== 'call' || expr.callee.type !== 'attribute') return expr
  const { attr, value } = expr.callee
  return attr === 'cpu' && expr.args.length === 0 ? beforeTheHost(value) : expr
}

/** `(output == target).sum()`, `torch.sum(hits)`. */
function isCount(python: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'call' || lastIdentifier(expr.callee) !== 'sum') return false
  const [first, another] = expr.args
  if (another !== undefined) return false
  if (first !== undefined) return first.name === null && isTruth(python, first.value)
  return expr.callee.type === 'attribute' && isTruth(python, expr.callee.value)
}

/** Comparisons, and what joins them: each element is true or false. */
function isTruth(python: PythonModule, expr: Expr, depth = 0): boolean {
  if (depth > 8) return false
  const inner = (one: Expr): boolean => isTruth(python, one, depth + 1)
  switch (expr.type) {
    case 'binary':
      if (/^[&|^]$/.test(expr.op)) return inner(expr.left) && inner(expr.right)
      return /^([<>]=?|[=!]=)$/.test(expr.op)
    case 'unary':
      return expr.op === '~' && inner(expr.operand)
    case 'name': {
      const made = python.definition(expr)
      return made !== expr && inner(made)
    }
    case 'call': {
      const method = lastIdentifier(expr.callee)
      if (/^(eq|ne|gt|ge|lt|le|isclose|logical_(and|or|not|xor))$/.test(method)) return true
      return (
        /^(view|reshape|flatten|squeeze|cpu|detach|bool)$/.test(method) &&
        expr.callee.type === 'attribute' &&
        inner(expr.callee.value)
      )
    }
    default:
      return false
  }
}

function slice(python: PythonModule, node: { start: number; end: number }): string {
  return python.text.slice(node.start, node.end)
}

/** `loss.item()`, `loss.item() * n`, `n * loss.item() / m`. */
function isTerm(value: Expr, item: Expr): boolean {
  if (value === item) return true
  return (
    value.type === 'binary' &&
    /^[*/]$/.test(value.op) &&
    (isTerm(value.left, item) || (value.op === '*' && isTerm(value.right, item)))
  )
}

/** A statement that only prints goes behind the count of steps, where the loop has one. */
function printLess(
  step: Step,
  { statement, func, accumulated }: Extraction,
  facts: FragmentFacts,
): Written | null {
  // A second count of the same batches may never meet the first.
  if (accumulated === true || step.loop === null || func !== step.loop.function || statement.type !== 'expr')
    return null
  if (statement.value.type !== 'call' || !isOutput(statement.value.callee)) return null
  const counter = counterOf(step)
  if (counter === null) return null
  return {
    writes: [
      {
        kind: 'wrap block',
        path: facts.path,
        first: rangeOf(facts, statement),
        last: rangeOf(facts, statement),
        header: `if ${counter} % 50 == 0:`,
      },
    ],
    wraps: true,
  }
}

function isOutput(callee: Expr): boolean {
  if (callee.type === 'name') return callee.id === 'print'
  return (
    callee.type === 'attribute' &&
    /^(info|debug|write|add_scalar|add_scalars|set_postfix|set_description|log|log_metric)$/.test(callee.attr)
  )
}

/** `step` of `for step, batch in enumerate(loader)`, `i` of `for i in range(steps)`. */
function counterOf({ loop }: Step): string | null {
  const node = loop?.node
  if (node?.type !== 'for') return null
  let iterable: Expr = node.iterable
  // A progress bar around the counter.
  if (iterable.type === 'call' && iterable.callee.type === 'name' && /^tqdm$/.test(iterable.callee.id))
    iterable = iterable.args[0]?.value ?? iterable
  if (iterable.type !== 'call' || iterable.callee.type !== 'name') return null
  const [first] = node.target.type === 'tuple' ? node.target.items : [node.target]
  if (first?.type !== 'name') return null
  if (iterable.callee.id === 'enumerate') return node.target.type === 'tuple' ? first.id : null
  return iterable.callee.id === 'range' ? first.id : null
}

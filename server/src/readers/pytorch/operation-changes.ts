/** How PyTorch code is written without what its steps do too often. */
import { nameFor } from '../../edit/imports.js'
import { findStatement } from '../../edit/python-find.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, forEachChild, forEachExpression } from '../../syntax/python-children.js'
import type { Claim } from '../../workload/claim.js'
import { append, rangeOf, refuse } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { evaluationsWithGradients } from './evaluation.js'
import { codeText } from './evidence.js'
import { emptiedCaches, type Step, stepAt } from './step-operations.js'
import { type Extraction, synchronisation, waitsForClock } from './synchronisation.js'
import { detachInput, runWithoutGradients } from './wasted-pass-changes.js'

const gone = refuse('the code is no longer in the file')

export function changeOperation(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (python === undefined) return refuse('this is not written in Python')
  const { target } = claim.site
  switch (target?.kind === 'operation' ? target.name : null) {
    case 'synchronise':
      return readLess(python, claim, facts)
    case 'empty cache':
      return keepCache(python, claim, facts)
    case 'detach':
      return detach(python, claim, facts)
    case 'detach input':
      return detachInput(claim, facts)
    case 'untrained network':
      return runWithoutGradients(python, claim, facts)
    case 'repeated pass':
      return refuse('keep the output of the first pass, and compute the metric from it')
    case 'needless evaluation':
      return refuse('what else uses its result is for you to change')
    case 'retain graph':
      return dropRetention(python, claim, facts)
    case 'gradients':
      return withoutGradients(python, claim, facts)
    default:
      return refuse('do it every few hundred steps, behind a count')
  }
}

// Reading values.

function readLess(python: PythonModule, claim: Claim, facts: FragmentFacts): Change | Refusal {
  const step = stepAt(python, claim.site)
  if (step === undefined) return gone
  const { extractions } = synchronisation(python, step.code, { onDevice: step.onDevice })
  if (extractions.length === 0) return gone
  const writes: Write[] = []
  const wrapped = new Set<Stmt>()
  for (const extraction of extractions) {
    if (wrapped.has(extraction.statement)) continue
    if (waitsForClock(python, extraction, extraction.func?.node ?? step.node))
      return refuse('it takes the time of the step: do so every 50 steps, behind a count')
    const one =
      removeWait(extraction, facts) ??
      accumulate(python, step, extraction, facts) ??
      printLess(step, extraction, facts)
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
  const uses = usesOf(step.loop.node.body, name)
  // Whatever else the loop does with the sum expects a number.
  if (uses > 1 || statement.value.end > step.loop.node.end) return null
  const dot = expr.callee.value.end
  const { path } = facts
  const loop = rangeOf(facts, step.loop.node)
  // Hits are counted in whole numbers, as `.item()` gave them.
  const read = slice(python, expr.callee.value)
  const type =
    /\.sum\(\)$/.test(read) && /==|\.eq\(/.test(read) && !/float|double/.test(read) ? 'int' : 'float'
  // `x.detach().item()` needs no second detach, and what is counted has no graph.
  const detached =
    type === 'int' ||
    (expr.callee.value.type === 'call' && /\.detach\(\)$/.test(slice(python, expr.callee.value)))
  return {
    writes: [
      {
        kind: 'replace',
        path,
        range: { ...rangeOf(facts, expr), start: dot },
        text: detached ? '' : '.detach()',
      },
      { kind: 'insert lines', path, where: 'after', statement: loop, lines: [`${name} = ${type}(${name})`] },
    ],
    wraps: false,
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

function usesOf(body: Stmt[], name: string): number {
  let count = 0
  const inExpr = (expr: Expr): void => {
    if (expr.type === 'name' && expr.id === name) count++
    forEachChild(expr, inExpr)
  }
  const visit = (statement: Stmt): void => {
    forEachExpression(statement, inExpr)
    for (const value of Object.values(statement)) {
      if (!Array.isArray(value)) continue
      for (const child of value)
        if (child !== null && typeof child === 'object' && 'type' in child && isStatement(child)) visit(child)
    }
  }
  for (const statement of body) visit(statement)
  return count
}

const statementTypes = new Set(
  'expr assign augassign if for while with try function class import return match broken break continue pass global delete raise assert other-statement'.split(
    ' ',
  ),
)
function isStatement(node: { type: unknown }): node is Stmt {
  return typeof node.type === 'string' && statementTypes.has(node.type)
}

/** A statement that only prints goes behind the count of steps, where the loop has one. */
function printLess(step: Step, { statement, func }: Extraction, facts: FragmentFacts): Written | null {
  if (step.loop === null || func !== step.loop.function || statement.type !== 'expr') return null
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

// The cache of the allocator.

function keepCache(python: PythonModule, claim: Claim, facts: FragmentFacts): Change | Refusal {
  const step = stepAt(python, claim.site)
  const found = step === undefined ? [] : emptiedCaches(python, step)
  if (found.length === 0) return gone
  const writes: Write[] = []
  for (const { call, statement } of found) {
    if (statement.type !== 'expr' || statement.value !== call.expr)
      return refuse('it is inside another statement')
    writes.push({ kind: 'remove statement', path: facts.path, statement: rangeOf(facts, statement) })
  }
  const names = [...new Set(found.map((one) => one.what))].join(' and ')
  return { title: `Remove ${names} from the step`, safety: 'unsafe', writes, imports: [] }
}

// Graphs.

function detach(python: PythonModule, claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { start, end } = claim.site
  if (!/^\w+$/.test(python.code.slice(start, end))) return gone
  return {
    title: 'Keep the value without its graph (.detach())',
    safety: 'safe',
    writes: [append(facts, { start, end }, '.detach()')],
    imports: [],
  }
}

function dropRetention(python: PythonModule, claim: Claim, facts: FragmentFacts): Change | Refusal {
  const call = python.callAt(claim.site)
  if (call === null) return gone
  return {
    title: 'Free the graph after the backward pass (remove retain_graph)',
    safety: 'unsafe',
    writes: [
      { kind: 'remove keyword', path: facts.path, call: rangeOf(facts, call.expr), name: 'retain_graph' },
    ],
    imports: [],
  }
}

function withoutGradients(python: PythonModule, claim: Claim, facts: FragmentFacts): Change | Refusal {
  const found = evaluationsWithGradients(python).find(
    ({ loop }) => loop.node.start === claim.site.start && loop.node.end === claim.site.end,
  )
  if (found === undefined) return gone
  const { loop, func, phase } = found
  const { path, fragment } = facts
  const at = func ?? loop
  const name = nameFor(python.tree, 'torch', phase === undefined ? 'no_grad' : 'set_grad_enabled', {
    path,
    fragment: fragment.index,
    offset: at.node.start,
  })
  const imports = name.import === null ? [] : [name.import]
  if (func !== null && evaluates(python, func.node)) {
    return {
      title: `Evaluate without gradients (@${name.text}())`,
      safety: 'safe',
      writes: [
        {
          kind: 'insert lines',
          path,
          where: 'before',
          statement: rangeOf(facts, func.node),
          lines: [`@${name.text}()`],
        },
      ],
      imports,
    }
  }
  const context = `${name.text}(${phase?.training ?? ''})`
  const absorbs = sameContexts(python, loop.node.body, context).map((one) => rangeOf(facts, one))
  return {
    title: `Evaluate without gradients (with ${context})`,
    safety: 'safe',
    writes: [
      {
        kind: 'wrap block',
        path,
        first: rangeOf(facts, loop.node),
        last: rangeOf(facts, loop.node),
        header: `with ${context}:`,
        ...(absorbs.length === 0 ? {} : { absorbs }),
      },
    ],
    imports,
  }
}

/** The outermost `with` statements of this context alone, however it is spaced and quoted. */
function sameContexts(python: PythonModule, body: Stmt[], context: string): Stmt[] {
  const plain = (code: string): string => code.replace(/\s+/g, '').replace(/"/g, "'")
  return body.flatMap((statement) => {
    const [item, another] = statement.type === 'with' ? statement.items : []
    if (item !== undefined && another === undefined && plain(slice(python, item.value)) === plain(context))
      return [statement]
    return blocksOf(statement).flatMap((block) => sameContexts(python, block, context))
  })
}

/** Nothing in the function asks for gradients. */
function evaluates(python: PythonModule, node: { start: number; end: number }): boolean {
  return !/backward|requires_grad|autograd|optimi[sz]er|\byield\b/.test(
    codeText(python, node.start, node.end),
  )
}

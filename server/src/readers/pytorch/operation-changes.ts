/** How PyTorch code is written without what its steps do too often. */

import type { SpelledName } from '../../edit/imports.js'
import type { Change, Refusal, Write } from '../../edit/write.js'
import { isGenerator } from '../../python/generators.js'
import type { Func, PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Claim } from '../../workload/claim.js'
import { append, rangeOf, refuse } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { evaluationsWithGradients } from './evaluation.js'
import { codeText } from './evidence.js'
import { emptiedCaches, stepAt } from './step-operations.js'
import { readLess } from './synchronisation-changes.js'
import { torchName } from './torch-name.js'
import { unusedGradients } from './unused-gradients.js'
import { detachInput, runWithoutGradients } from './wasted-pass-changes.js'

const gone = refuse('the code is no longer in the file')

export function changeOperation(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python } = facts
  if (python === undefined) return refuse('this is not written in Python')
  const { target } = claim.site
  switch (target?.kind === 'operation' ? target.name : null) {
    case 'synchronise':
      return readLess(python, claim, facts)
    case 'sample reads':
      return refuse('copy the batch to the host once, before the loop over its samples')
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
  const kept = python.code.slice(start, end)
  if (/[^\w.]/.test(kept)) return refuse('detach the whole sum, in parentheses')
  if (!/^[\w.]+$/.test(kept)) return gone
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
  if (found === undefined) return aroundPass(python, claim, facts)
  const { loop, func, phase } = found
  const { path, fragment } = facts
  const owner = loop.function
  const hands = owner !== null && isGenerator(python, owner)
  const at = func ?? (hands ? owner : loop)
  const name = torchName(python, phase === undefined ? 'no_grad' : 'set_grad_enabled', {
    path,
    fragment: fragment.index,
    offset: at.node.start,
  })
  if (func !== null && evaluates(python, func.node))
    return { ...decorated(facts, func, name, 'Evaluate without gradients'), safety: 'safe' }
  // A block around a `yield` would switch them off for whoever takes the values.
  if (hands) {
    if (phase !== undefined || python.effectsOfFunction(owner).backward)
      return refuse('a generator cannot hold the switch between two values')
    return decorated(facts, owner, name, 'Evaluate without gradients')
  }
  const imports = name.import === null ? [] : [name.import]
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

function decorated(facts: FragmentFacts, func: Func, name: SpelledName, title: string): Change {
  return {
    title: `${title} (@${name.text}())`,
    safety: 'unsafe',
    writes: [
      {
        kind: 'insert lines',
        path: facts.path,
        where: 'before',
        statement: rangeOf(facts, func.node),
        lines: [`@${name.text}()`],
      },
    ],
    imports: name.import === null ? [] : [name.import],
  }
}

/** A pass outside of a loop over the data of an evaluation. */
function aroundPass(python: PythonModule, claim: Claim, facts: FragmentFacts): Change | Refusal {
  const { start, end } = claim.site
  const found = unusedGradients(python).find(({ around }) => around.start === start && around.end === end)
  if (found === undefined) return gone
  const { path, fragment } = facts
  const { within } = found
  const offset = within?.node.start ?? start
  const name = torchName(python, 'no_grad', { path, fragment: fragment.index, offset })
  if (within !== null) return decorated(facts, within, name, 'Run it without gradients')
  if (!found.alone) return refuse('compute it before, in a statement of its own')
  const range = rangeOf(facts, { start, end })
  return {
    title: `Run it without gradients (with ${name.text}())`,
    safety: 'unsafe',
    writes: [{ kind: 'wrap block', path, first: range, last: range, header: `with ${name.text}():` }],
    imports: name.import === null ? [] : [name.import],
  }
}

/** The outermost `with` statements of this context alone, however it is spaced and quoted. */
function sameContexts(python: PythonModule, body: Stmt[], context: string): Stmt[] {
  const plain = (code: string): string => code.replace(/\s+/g, '').replace(/"/g, "'")
  return body.flatMap((statement) => {
    const [item, another] = statement.type === 'with' ? statement.items : []
    if (
      item !== undefined &&
      another === undefined &&
      plain(python.text.slice(item.value.start, item.value.end)) === plain(context)
    )
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

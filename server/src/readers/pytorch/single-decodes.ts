/**
 * Texts that an evaluation writes token by token, one after the other, in a loop of its own: `token = logits.argmax(-1).item()`, which only a batch
 * of one has, until it is the end.
 */

import type { Call, Loop, PythonModule } from '../../python/module.js'
import { lastIdentifier } from '../../python/training-calls.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, isName } from '../../syntax/python-children.js'
import { calleePlace, callSite } from '../../values/places.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader } from '../reader.js'
import { evidenceAt } from './evidence.js'

export const singleDecodesReader = defineReader({
  name: 'single-decodes',
  languages: ['python'],
  triggers: ['.item()'],
  read({ python }, _context, claims) {
    if (python === undefined) return
    for (const { call, around } of decodesIn(python)) {
      const evidence = { ...evidenceAt(python, call) }
      if (evidence.role === 'library' || evidence.role === 'data') evidence.role = 'inference'
      const at = calleePlace(call)
      const key = python.text.slice(at.start, at.end).replace(/\s+/g, '')
      const operation = claimOperation(claims, {
        kind: 'single record',
        place: 'sample',
        key: `${key}()`,
        at,
        site: callSite(call),
        scope: call.function?.qualified ?? '',
        evidence,
        weight: 'severe',
        apart: 'single decode',
      })
      operation.known('repeatedFor', key, 'sample', at)
      operation.known('remedy', key, remedy, at)
      if (around.hasBreak) operation.unknown('times', 'break', 'the loop may end early', at)
    }
  },
  change: () => ({ reason: 'how the end of each text of a batch is kept is for its author to write' }),
})

const remedy = 'decode a batch of them, until the last has ended'

interface Decode {
  /** What runs the network for the next token. */
  call: Call
  /** The loop over the texts. */
  around: Loop
}

function decodesIn(python: PythonModule): Decode[] {
  const found: Decode[] = []
  for (const loop of python.loops) {
    if (!writesTokens(python, loop)) continue
    const around = overSamples(python, loop)
    const call = around === null ? undefined : loop.calls.find((one) => runs(python, one))
    if (around !== null && call !== undefined) found.push({ call, around })
  }
  return found
}

const picks = /^(argmax|multinomial|topk|max)$/
const ends = /eos|end|sep|stop/i

/** The next token is read as a number, put behind those before it, and compared with what ends a text. */
function writesTokens(python: PythonModule, { node, hasBreak, effects, inner }: Loop): boolean {
  if (!hasBreak || inner.length > 0 || effects.backward) return false
  const statements = allIn(node.body)
  const tokens = statements.flatMap((one) => tokenRead(one) ?? [])
  if (tokens.length === 0) return false
  const grows = statements.some((one) => isGrown(python, one, tokens))
  return (
    grows &&
    statements.some((one) => one.type === 'if' && ends.test(python.code.slice(one.test.start, one.test.end)))
  )
}

const allIn = (block: readonly Stmt[]): Stmt[] =>
  block.flatMap((one) => [one, ...blocksOf(one).flatMap((inside) => allIn(inside))])

/** `token` of `token = logits.argmax(-1).item()` and of `token = token.item()`. */
function tokenRead(statement: Stmt): string | null {
  const [target] = statement.type === 'assign' ? statement.targets : []
  const value = statement.type === 'assign' ? statement.value : null
  if (target?.type !== 'name' || value?.type !== 'call' || value.callee.type !== 'attribute') return null
  if (value.callee.attr !== 'item') return null
  const read = value.callee.value
  const chosen = isName(read, target.id) || someCall(read, (name) => picks.test(name))
  return chosen ? target.id : null
}

function someCall(expr: Expr, is: (name: string) => boolean): boolean {
  if (expr.type === 'call' && is(lastIdentifier(expr.callee))) return true
  return childrenOf(expr).some((one) => someCall(one, is))
}

/** `tokens = torch.cat([tokens, …])`, `tokens.append(token)`. */
function isGrown(python: PythonModule, statement: Stmt, tokens: readonly string[]): boolean {
  if (statement.type === 'expr') {
    const { value } = statement
    if (value.type !== 'call' || lastIdentifier(value.callee) !== 'append') return false
    const [only] = value.args
    return only?.value.type === 'name' && tokens.includes(only.value.id)
  }
  if (statement.type !== 'assign' || statement.value?.type !== 'call') return false
  const [target] = statement.targets
  const { callee, args } = statement.value
  const parts = args[0]?.value
  return (
    target?.type === 'name' &&
    /^torch\.(cat|concat)$/.test(python.nameOf(callee) ?? '') &&
    (parts?.type === 'list' || parts?.type === 'tuple') &&
    parts.items.some((one) => isName(one, target.id))
  )
}

/** The loop over the samples of an evaluation that a loop of tokens stands in, or that calls its function. */
function overSamples(python: PythonModule, { parent, function: func }: Loop): Loop | null {
  if (parent !== null) return goesOverSamples(python, parent) ? parent : null
  const sites = func === null ? null : python.callSites(func)
  for (const { loops } of sites ?? []) {
    const last = loops.at(-1)
    if (last !== undefined && goesOverSamples(python, last)) return last
  }
  return null
}

const samples = /loader|_dl\b|data_?set|batches|(val|valid|test|dev)(_\w+)?\b/i

function goesOverSamples({ code }: PythonModule, { node, effects }: Loop): boolean {
  if (node.type !== 'for' || effects.backward || effects.optimizerStep) return false
  return samples.test(code.slice(node.iterable.start, node.iterable.end))
}

/** `model(tokens)`, `model.decode(tokens, memory)`. */
function runs(python: PythonModule, { name, method, expr: { callee } }: Call): boolean {
  if (name !== null || (callee.type !== 'name' && callee.type !== 'attribute')) return false
  if (callee.type === 'attribute') {
    if (/^(decode|forward|decoder)$/.test(method))
      return !/tokeni[sz]er|sp\b|vocab/i.test(python.code.slice(callee.start, callee.end))
    return /model|net|decoder|transformer/i.test(method) && callee.value.type === 'name'
  }
  return /model|net|decoder|transformer/i.test(callee.id)
}

/** Whether a configuration holds a key: `'warmup' in cfg`, `'warmup' not in cfg.keys()`, `hasattr(cfg, 'warmup')`. */
import type { Expr } from '../syntax/python-ast.js'
import { isName } from '../syntax/python-children.js'
import { lookUp } from '../text/records.js'
import type { Analysis } from './analysis.js'
import { configuredNode } from './configured.js'
import { hydraRoot } from './configured-path.js'
import type { Folded } from './module.js'

/** Null: it is another test, or the keys are not all known. */
export function holdsKey(analysis: Analysis, test: Expr): Folded | null {
  const asked = askedKey(test)
  if (asked === null || !analysis.complete) return null
  const found = configuredNode(analysis, asked.object)
  if (found?.node?.kind !== 'map' || found.node.open !== undefined) return null
  const held = lookUp(found.node.entries, asked.key)
  // What the program writes itself it may write later.
  if (held?.kind === 'unknown') return null
  const mayBeAdded = found.path.root === hydraRoot && analysis.binding === null
  return {
    state: 'known',
    value: (held !== undefined) === asked.inside,
    channel: 'named file',
    overridable: found.overridable || mayBeAdded,
  }
}

/** Null: the test is another. `inside`: it holds where the key is there. */
export function askedKey(test: Expr): { key: string; object: Expr; inside: boolean } | null {
  if (test.type === 'call' && isName(test.callee, 'hasattr')) {
    const [object, key] = test.args
    return object === undefined || key === undefined || test.args.length > 2
      ? null
      : ofConstant(key.value, object.value, true)
  }
  if (test.type !== 'binary' || (test.op !== 'in' && test.op !== 'not in')) return null
  const { right } = test
  const ofKeys =
    right.type === 'call' &&
    right.callee.type === 'attribute' &&
    right.callee.attr === 'keys' &&
    right.args.length === 0
  return ofConstant(
    test.left,
    ofKeys ? (right.callee as Expr & { type: 'attribute' }).value : right,
    test.op === 'in',
  )
}

function ofConstant(key: Expr, object: Expr, inside: boolean) {
  return key.type === 'constant' && typeof key.value === 'string' ? { key: key.value, object, inside } : null
}

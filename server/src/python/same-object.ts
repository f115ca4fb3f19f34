/** Where an object comes from that has been moved to a device, wrapped, or assigned again under its own name. */
import type { Expr } from '../syntax/python-ast.js'
import type { Analysis } from './analysis.js'
import { bindingsOf, nameOf } from './names.js'

/** Methods that return the object they are called on (or its like). */
export const fluent = new Set(
  'to cuda cpu half float double bfloat16 train eval compile requires_grad_ share_memory'.split(' '),
)

/** Those of them that a class which is no network has for work of its own, which may give back anything. */
export const ownWork = new Set(['train', 'eval', 'compile'])

/** Calls that give back the network that they are given, under the same methods or as its `.module`. */
const wrapped = /(^|\.)(DataParallel|DistributedDataParallel)$|^torch\.compile$/

/** A name that is assigned more often holds anything. */
const mostValues = 4

/** What has the same class as the value: `net` of `net.cuda()`, both arms of a condition, all that a name may hold. Empty: nothing is known. */
export function likeOf(analysis: Analysis, value: Expr): readonly Expr[] {
  if (value.type === 'conditional') return [value.then, value.otherwise]
  if (value.type === 'call') {
    const { callee, args } = value
    if (callee.type === 'attribute' && fluent.has(callee.attr)) return [callee.value]
    const first = args[0]?.value
    return first !== undefined && wrapped.test(nameOf(analysis, callee) ?? '') ? [first] : []
  }
  if (value.type === 'attribute') return value.attr === 'module' ? [value.value] : []
  if (value.type !== 'name') return []
  const bindings = bindingsOf(analysis, value.id, value.start)
  if (bindings.length < 2 || bindings.length > mostValues) return []
  const values = bindings.flatMap((one) =>
    one.kind === 'assign' && one.unpack === null ? (one.value ?? []) : [],
  )
  return values.length === bindings.length ? values : []
}

/** `Net(64)` of `net`, `net.to(device)` and `Net(64).cuda()`. */
export function madeBehind(analysis: Analysis, expr: Expr): Expr {
  let value = analysis.definition(expr)
  for (let depth = 0; depth < 4 && value.type === 'call'; depth++) {
    const { callee } = value
    if (callee.type !== 'attribute' || !fluent.has(callee.attr) || ownWork.has(callee.attr)) break
    value = analysis.definition(callee.value)
  }
  return value
}

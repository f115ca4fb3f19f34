/** What expressions stand for while a network is followed. */
import { type Tensor, Unfollowed } from '../../estimate/layers.js'
import type { Klass, PythonModule } from '../../python/module.js'
import type { CallExpr, Expr } from '../../syntax/python-ast.js'

/** Undefined: it cannot be told. */
export type Value = Tensor | number | boolean | string | null | Value[] | Layer | Stack | undefined

/** A layer or network that was made, with what it was made from. */
export interface Layer {
  layer: CallExpr
  scope: Scope
}

/** Layers that are applied one after the other; `output`: what they have made of the network's own input already. */
export interface Stack {
  stack: Value[]
  output: Value
}

export interface Scope {
  names: Map<string, Value>
  /** `self.x` of the network whose methods run, and its class. */
  own: Map<string, Value>
  klass: Klass | null
  /** The module whose code runs. */
  python: PythonModule
}

export function emptyScope(python: PythonModule): Scope {
  return { names: new Map(), own: new Map(), klass: null, python }
}

export function isTensor(value: Value): value is Tensor {
  return typeof value === 'object' && value !== null && 'storage' in value
}

export function isLayer(value: Value): value is Layer {
  return typeof value === 'object' && value !== null && 'layer' in value
}

export function isStack(value: Value): value is Stack {
  return typeof value === 'object' && value !== null && 'stack' in value
}

/** With the names as they are now: a loop of the constructor goes on to change them. */
export function made(layer: CallExpr, scope: Scope): Layer {
  return { layer, scope: { ...scope, names: new Map(scope.names) } }
}

export function given(value: Value): Exclude<Value, undefined> {
  if (value === undefined) throw new Unfollowed('a value that is not readable')
  return value
}

export function isNetwork(klass: Klass | null): klass is Klass {
  return (
    klass?.bases.includes('torch.nn.Module') === true || klass?.bases.includes('torch.nn.Sequential') === true
  )
}

export function isSelf(expr: Expr): boolean {
  return expr.type === 'name' && expr.id === 'self'
}

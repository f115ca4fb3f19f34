/** Classes that make layers, of torch and of the project, and objects of them. */
import type { Expr, FunctionDef } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'
import { classAt } from '../definition-places.js'
import type { PythonModule } from '../module.js'
import { methodOf } from './operations.js'
import { type Given, isKind, isNetworkClass, type LayerClass, type Value } from './values.js'

export const torchLayer = /^torch\.nn\.(?:modules\.(?:\w+\.)*)?([A-Z]\w*)(?:\.from_pretrained)?$/

export function classOfLayers(python: PythonModule, expr: Expr): LayerClass | null {
  const name = python.nameOf(expr)
  const kind = name === null ? undefined : torchLayer.exec(name)?.[1]
  if (kind !== undefined) return { is: 'class', kind, given: null }
  const found = /^[A-Z]/.test(lastName(expr)) ? classAt(python, expr) : null
  return found !== null && isNetworkClass(found.klass) ? { is: 'class', kind: found, given: null } : null
}

/** `Net.from_config(cfg)` of a network of the project; null: it is no such method. */
export function classMethodAt(
  python: PythonModule,
  { value, attr }: Expr & { type: 'attribute' },
): { node: FunctionDef; python: PythonModule; takesClass: boolean } | null {
  const found = /^[A-Z]/.test(lastName(value)) ? classAt(python, value) : null
  if (found === null || !isNetworkClass(found.klass)) return null
  const method = methodOf(found.klass, found.python, attr)
  const takesClass = method?.node.decorators.some((one) => lastName(one) === 'classmethod') === true
  const isStatic = method?.node.decorators.some((one) => lastName(one) === 'staticmethod') === true
  return method !== null && (takesClass || isStatic) ? { ...method, takesClass } : null
}

export function layerOf({ kind, given: before }: LayerClass, given: Given): Value {
  if (before === null) return { is: 'layer', kind, given }
  return {
    is: 'layer',
    kind,
    given: {
      positional: [...before.positional, ...given.positional],
      named: new Map([...before.named, ...given.named]),
      open: before.open || given.open,
    },
  }
}

export function isInstance(object: Value, type: Expr | undefined, python: PythonModule): boolean | undefined {
  const klass = type === undefined ? null : classAt(python, type)
  if (!isKind(object, 'fields') || object.klass === undefined || klass === null) return undefined
  return object.klass === klass.klass
}

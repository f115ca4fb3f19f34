/** What expressions stand for while the layers of a network are counted. */

import type { Expr } from '../../syntax/python-ast.js'
import type { Klass, PythonModule } from '../module.js'
import { isLibraryNetwork } from '../network-types.js'

/** Undefined: it cannot be told. */
export type Value =
  | number
  | boolean
  | string
  | null
  | Value[]
  | Fields
  | Layer
  | Repeated
  | Foreign
  | LayerClass
  | Unread
  | undefined

/** What a call hands over. */
export interface Given {
  positional: Value[]
  named: Map<string, Value>
  /** Arguments that are unpacked from something that is not known. */
  open: boolean
}

/** A layer or a network that was made. */
export interface Layer {
  is: 'layer'
  /** 'Linear' of torch.nn, or a class of the project. */
  kind: string | { klass: Klass; python: PythonModule }
  given: Given
}

/** A dictionary, or an object of a plain class. */
export interface Fields {
  is: 'fields'
  fields: Map<string, Value>
  klass?: Klass
}

/** Made over and over, nobody knows how often. */
export interface Repeated {
  is: 'repeated'
  value: Value
}

/** A network of a library, or something that may be one. */
export interface Foreign {
  is: 'foreign'
  /** Under which it is published. */
  name?: string
}

/** A class of layers that is handed around: `norm_layer=nn.BatchNorm2d`, also with arguments that it will be given. */
export interface LayerClass {
  is: 'class'
  kind: Layer['kind']
  given: Given | null
}

/** An expression of which only parts may be known: the parsed command line. */
export interface Unread {
  is: 'unread'
  expr: Expr
  python: PythonModule
}

export interface Scope {
  names: Map<string, Value>
  /** `self.x` of the object whose methods run; null: none. */
  own: Map<string, Value> | null
  klass: Klass | null
  /** The module whose code runs. */
  python: PythonModule
}

type Kinds = {
  class: LayerClass
  layer: Layer
  fields: Fields
  repeated: Repeated
  foreign: Foreign
  unread: Unread
}

export function isKind<K extends keyof Kinds>(value: Value, kind: K): value is Kinds[K] {
  return typeof value === 'object' && value !== null && 'is' in value && value.is === kind
}

export const foreign: Foreign = { is: 'foreign' }

export function scopeOf(python: PythonModule): Scope {
  return { names: new Map(), own: null, klass: null, python }
}

/** Whether layers are, or may be, among it. */
export function holdsLayers(value: Value, depth = 0): boolean {
  if (Array.isArray(value)) return depth < 8 && value.some((one) => holdsLayers(one, depth + 1))
  if (isKind(value, 'fields'))
    return depth < 8 && [...value.fields.values()].some((one) => holdsLayers(one, depth + 1))
  return isKind(value, 'layer') || isKind(value, 'foreign') || isKind(value, 'repeated')
}

const moduleClass =
  /^torch\.nn\.(modules\.\w+\.)?(Module|Sequential|ModuleList)$|^lightning\.pytorch\.LightningModule$/

export function isNetworkClass(klass: Pick<Klass, 'bases'>): boolean {
  return klass.bases.some((base) => moduleClass.test(base) || isLibraryNetwork(base))
}

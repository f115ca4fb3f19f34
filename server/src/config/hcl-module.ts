/** Terraform modules with what surrounds them, and values with the place where they are written. Plain JSON. */
import type { ConfigMap, ConfigNode } from './node.js'

/** One `.tf` or `.tfvars` file. */
export interface HclFile {
  path: string
  root: ConfigNode
}

/** One folder with what surrounds it. Plain JSON. */
export interface HclModule {
  files: HclFile[]
  /** Blocks of the project that call it, each with the file that it stands in; none: it is a root. */
  callers: HclCaller[]
  /** Files that it reads, by the local that holds what they say. */
  reads?: { name: string; file: HclFile }[]
  /** The files of values with which it is applied, of several. */
  chosen?: readonly string[]
}

export interface HclCaller {
  path: string
  block: ConfigMap
  module: HclModule
  /** The entry of what the call is repeated for. */
  copy?: string
  /** Values of a file that applies the module, the strongest first, instead of arguments in the block. */
  inputs?: readonly HclFile[]
}

/** A value with the place where it is written. */
export interface HclValue {
  node: ConfigNode
  path: string
  /** Whoever applies the module may have given another value: it stands in one of several files of values, or is the default of a module for others. */
  overridable: boolean
  /** What the block is repeated for: what `each`, or the iterator of a dynamic block, stands for inside. */
  each?: Iteration
}

export interface Iteration {
  /** `each`, or what a dynamic block calls it. */
  name: string
  key: string
  value: HclValue
  /** Of the block around it. */
  around?: Iteration
}

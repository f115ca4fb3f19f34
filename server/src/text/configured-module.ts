/**
 * A Python file whose assignments are a configuration (OpenMMLab, detectron2's LazyConfig), as steps that can be carried
 * out together with the files that it inherits from. Plain JSON.
 */
import type { Configured } from './configured.js'

export type ConfiguredStep =
  /** `name = value`, `a.b.c = value`. A value that is `unknown` with a text refers to another name. */
  | { kind: 'set'; keys: string[]; value: Configured }
  /** `a.b.update(value)` */
  | { kind: 'merge'; keys: string[]; value: Configured }
  /** `from ..common.train import train as run`; `names` null: everything. */
  | { kind: 'import'; module: string; names: [from: string, to: string][] | null }
  /** Something is done to it that cannot be followed. */
  | { kind: 'unclear'; keys: string[] }

export interface ConfiguredModule {
  /** Files that `_base_` names, as written; null: not readable. */
  bases: string[] | null
  steps: ConfiguredStep[]
}

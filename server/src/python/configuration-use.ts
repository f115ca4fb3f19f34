/** Configurations that a module reads, and what its objects take of them. Plain JSON. */
import type { Json } from '../text/json.js'
import type { Location } from '../text/location.js'
import type { EnvironmentFields } from './environment-fields.js'

/** A configuration that a module reads: a file by its path as written, or what Hydra composes. */
export type ConfigurationUse =
  /** `exact`: no other file of this name stands for it. */
  | { kind: 'file'; path: string; exact?: true }
  /** The file that an option of the program names; `keys`: what it has to hold. */
  | { kind: 'option'; flags: string[]; otherwise: string | null; keys: (string | number)[][] }
  /** The same of a Python file whose `get_config` makes it; options below its flag, `--config.lr=0.1`, change it. */
  | { kind: 'made'; flag: string; otherwise: string | null }
  /** `@hydra.main(config_path, config_name)`; null: not given. `launched`: only what a launch says of it counts. */
  | { kind: 'hydra'; folder: string | null; name: string | null; launched?: boolean }

/** Where the values of an object come from; see `ConfiguredPath`. */
export interface PlainPath {
  root: string | null
  keys: (string | number)[]
  fields?: {
    from: number
    values: Record<string, Json>
    places?: Record<string, Location>
    all?: readonly string[]
    /** Fields whose values cannot be told. */
    open?: readonly string[]
  }
  parts?: { from: number; paths: Record<string, PlainPath> }
  under?: PlainPath
  commandLine?: true
  overrides?: Readonly<Record<string, Json>>
  environment?: EnvironmentFields
  overridable?: true
  /** Keys that the module which hands it on writes to. */
  changed?: (string | number)[][]
  /** The same where it is asked to. */
  mayChange?: (string | number)[][]
}

/** What a function gives back that loads a configuration. */
export interface Loading {
  path: PlainPath
  /** The parameter that the path begins with: a file's path, or the data themselves. Null: it names the file. */
  parameter: { name: string; position: number; of: 'file' | 'data'; otherwise: string | null } | null
}

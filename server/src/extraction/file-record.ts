import type { BundleFile } from '../config/bundle.js'
import type { ConfigNode } from '../config/node.js'
import type { HydraFile } from '../link/hydra.js'
import type { ConfiguredModule } from '../text/configured-module.js'
import type { Extraction } from '../workload/claim.js'
import type { ManifestDocument } from './manifests.js'
import type { Suppression } from './suppression-comments.js'
import type { SyntaxErrorPlace } from './syntax-error.js'

/** What is known of one file after it was read by itself. Plain JSON. */
export interface FileRecord {
  path: string
  /** Changes when the text changes. */
  hash: string
  /** Not read further: nothing in it speaks to any reader. */
  filtered: boolean
  lines: number
  bytes: number
  problems: string[]
  /** Where it does not parse: what stands around that is read. Absent: it does. */
  syntaxError?: SyntaxErrorPlace
  /** Faults of readers: bugs of ours, with the reader's name. */
  faults: string[]
  /** What a Python file imports, as `ModuleSummary.imports`; null: it is no Python. */
  imports: string[] | null
  /** Of a program that was not read further: what it imports. Absent: it is none. */
  starts?: string[]
  /** Folders in which it looks for modules besides the usual ones, as written. Absent: none. */
  searched?: string[]
  /** Of a Python file: what it says may be joined with other files, whatever starts it. Absent: it is not. */
  shares?: true
  /** What readers claim without knowing the rest of the project; of Python code only what leads to other files. */
  extraction: Extraction
  suppressions: Suppression[]
  /** Python files that its cells write (`%%writefile train.py`), as written. Absent: none. */
  writes?: string[]
  /** Of a Terraform file: what it holds, for the other files of its module. */
  hcl?: ConfigNode
  /** Of a file of a Databricks asset bundle: what the other files of the bundle may need. */
  bundle?: BundleFile
  /** Of a file of YAML: the objects that it holds, for kustomizations. */
  manifests?: ManifestDocument[]
  /** For a configuration file that a script reads: its values. Absent: nobody asked. */
  configured?: HydraFile
  /** For a script that another file is read with: its text. Absent: nobody asked, or it is too long. */
  text?: string
  /** The same for a Python file; null: it is no configuration. */
  module?: ConfiguredModule | null
}

import type { BundleFacts } from '../config/bundle.js'
import type { HclModule } from '../config/hcl-module.js'
import type { ModuleSummary, OutsideCall } from '../python/module.js'
import type { ConfigurationRoot, Configured, ConfiguredMap } from '../text/configured.js'
import type { NamedText } from '../text/named-text.js'
import type { Binding } from '../workload/claim.js'
import type { Overlay } from './manifests.js'

/** What the rest of the project adds when a Python file is read again. */
export interface Surroundings {
  imported: Record<string, ModuleSummary>
  /** Modules behind the packages that it imports from: where what a package passes on is defined. */
  behind?: ModuleSummary[]
  importers: ModuleSummary[]
  /** Further modules that end up using it. */
  programs?: ModuleSummary[]
  binding: Binding | null
  versions: Record<string, string>
  /** Configurations that it reads, as `Neighbours.configurations`. */
  configurations?: Record<string, ConfigurationRoot>
  /** What other modules call of it. */
  outside?: OutsideCall[]
  /** The Terraform module that it belongs to. */
  hcl?: HclModule
  /** What the other files of its Databricks asset bundle say. */
  bundle?: BundleFacts
  /** Patches that are laid over it. */
  overlay?: Overlay
  /** Scripts that it names, as written. */
  texts?: Record<string, NamedText>
  /** A framework config with what it inherits. */
  inherited?: ConfiguredMap
  /** Configuration files that it names. */
  named?: Record<string, Configured>
}

/** All kinds of links, in the order in which they are asked. */
import { BundleLinks } from './bundles.js'
import { CallLinks } from './call-links.js'
import { CompiledLinks } from './compiled.js'
import { ConfigurationLinks } from './configuration-links.js'
import { EndpointEndings } from './endpoint-endings.js'
import { FrameworkConfigLinks } from './framework-configs.js'
import { ImportLinks } from './import-links.js'
import { Layouts } from './layouts.js'
import type { LinkedProject, LinkKind } from './link-kind.js'
import { MachineEndings } from './machine-endings.js'
import { NamedTextLinks } from './named-texts.js'
import { PoolScalers } from './pool-scalers.js'
import { ProgramLinks } from './program-links.js'
import { ScalerLinks } from './scaler-links.js'
import { SweeperLinks } from './sweepers.js'
import { TerraformLinks } from './terraform.js'
import { WorkflowLinks } from './workflow-links.js'

export function linkKinds(project: LinkedProject): LinkKind[] {
  return [
    new ProgramLinks(project),
    new ImportLinks(project),
    new CallLinks(project),
    new TerraformLinks(project),
    new BundleLinks(project),
    new Layouts(project),
    new ConfigurationLinks(project),
    new FrameworkConfigLinks(project),
    new NamedTextLinks(project),
    new CompiledLinks(),
    new ScalerLinks(),
    new EndpointEndings(),
    new MachineEndings(),
    new PoolScalers(),
    new SweeperLinks(project),
    new WorkflowLinks(),
  ]
}

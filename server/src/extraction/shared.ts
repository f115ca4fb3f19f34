/** What other files of the project join with theirs, whatever starts the file that says it. */
import type { Extraction } from '../workload/claim.js'
import type { ResourceKind } from '../workload/resource-kinds.js'

/** Machines, and what runs on them until it is stopped. */
const kinds: ReadonlySet<string> = new Set<ResourceKind>(['Compute', 'Scaling', 'Queue', 'Serving'])

export function sharesAnything(said: Extraction): boolean {
  const { names, frameworkConfig, starts, compiledFrom, pipelines, imagePrograms, imageBuilds, variables } =
    said
  return (
    said.launches.length > 0 ||
    said.subjects.some(({ kind }) => kinds.has(kind)) ||
    // A command that ends limits the searches whose trials it starts; endpoints and machines are ended wherever they were made.
    said.claims.some(({ setting }) => /^ends(Trials|Endpoints|Machines)$/.test(setting)) ||
    [names, frameworkConfig, starts, compiledFrom, pipelines, imagePrograms, imageBuilds, variables].some(
      (one) => one !== undefined,
    )
  )
}

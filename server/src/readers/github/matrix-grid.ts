/** A matrix of GitHub Actions whose jobs each train one combination of hyperparameters. */
import { at, entries, entry, items, map, textWithTemplates, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { claimJobGrid } from '../job-grid.js'

export function claimMatrixGrid(
  claims: ClaimBuilder,
  job: ConfigNode,
  step: ConfigNode,
  onGpu: boolean,
): void {
  const matrix = entry(at(job, 'strategy'), 'matrix')
  // Further combinations, or fewer than all.
  if (map(matrix?.value) === undefined || at(matrix!.value, 'include') !== undefined) return
  if (at(matrix!.value, 'exclude') !== undefined) return
  const commands = textWithTemplates(at(step, 'run')) ?? ''
  const dimensions: Dimension[] = []
  for (const { key, value } of entries(matrix!.value)) {
    // `${{ fromJSON(…) }}`
    if (value.kind !== 'list') return
    const values = items(value).map((one) => written(one) ?? '')
    dimensions.push({ name: key.replaceAll('-', '_'), size: new Set(values).size, values })
  }
  claimJobGrid(claims, {
    key: 'matrix',
    place: { start: matrix!.keyStart, end: matrix!.keyEnd },
    dimensions,
    isHanded: (name) => isHanded(commands, name),
    onGpu,
  })
}

function isHanded(commands: string, name: string): boolean {
  return new RegExp(`matrix\\.${name.replaceAll('_', '[-_]')}\\b`).test(commands)
}

/** A matrix of GitHub Actions whose jobs each train one combination of hyperparameters. */
import { at, entries, entry, items, map, textWithTemplates, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { ClaimBuilder, Place } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import type { Dimension } from '../../workload/resource-kinds.js'
import { claimHandGrid } from '../hand-grid.js'
import { chosenNetwork, hyperparameter, repetitionTarget } from '../python/hyperparameter-names.js'

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
  const handed = dimensions.filter(({ name }) => isHanded(commands, name))
  const searched = handed.filter(({ name, size }) => hyperparameter.test(name) && size !== 1)
  const decides = (name: string): boolean =>
    [hyperparameter, chosenNetwork, repetitionTarget].some((one) => one.test(name))
  if (searched.length < 2 || !dimensions.every(({ name, size }) => size === 1 || decides(name))) return
  const place: Place = { start: matrix!.keyStart, end: matrix!.keyEnd }
  const accelerator = onGpu ? 'gpu' : 'maybe'
  const evidence: Evidence = { role: 'tuning', accelerator, small: null, notebook: false }
  const search = claims.subject('Search', place, 'matrix', evidence)
  claimHandGrid(search, { key: 'matrix', dimensions, unit: 'job', launched: 'jobs' }, place)
}

function isHanded(commands: string, name: string): boolean {
  return new RegExp(`matrix\\.${name.replaceAll('_', '[-_]')}\\b`).test(commands)
}

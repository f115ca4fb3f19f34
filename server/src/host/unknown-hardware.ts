/** Regions and machines in a configuration that nobody knows: a price of one, or a limit to it, has no effect. */
import { allGpus, gpu } from '../catalog/gpus.js'
import { allInstances, instance } from '../catalog/instances.js'
import type { OwnPrice } from '../catalog/price-book.js'
import { regions } from '../catalog/regions.js'
import type { ConfigNode } from '../config/node.js'
import type { Problems } from './configuration-fields.js'
import { nearest, suggestion } from './nearest.js'
import { matchesWildcard } from './wildcard.js'

/** What may stand for the `*` of 'm5.*', 'n2-*', 'n2-standard-*', 'Standard_D*'. */
const sizes = ['xlarge', '.xlarge', 'standard-4', '4', '4s_v5']

/** @param prices what the same file says that machines cost */
export function checkHardware(root: ConfigNode, prices: readonly OwnPrice[], problems: Problems): void {
  const region = at(at(root, 'prices'), 'region')
  if (region !== undefined) checkRegion(region, prices, problems)
  const allowed = at(at(root, 'budget'), 'machines')
  if (allowed?.kind === 'list') for (const item of allowed.items) checkMachine(item, prices, problems)
}

/** A region may also be one of the user's own, where that has a price. */
function checkRegion(node: ConfigNode, prices: readonly OwnPrice[], problems: Problems): void {
  const name = textOf(node)
  if (name === undefined) return
  const known = [...regions, ...prices.flatMap((one) => one.region ?? [])]
  if (known.some((one) => one.toLowerCase() === name.toLowerCase())) return
  problems.add(node.start, `unknown region "${name}"${suggestion(name, known)}`)
}

/** What matches no machine allows none, and a slip of the hand looks like that. */
function checkMachine(node: ConfigNode, prices: readonly OwnPrice[], problems: Problems): void {
  const pattern = textOf(node)
  if (pattern === undefined) return
  const names = [
    ...prices.map(({ type }) => type),
    ...allInstances().flatMap(({ type }) => [type, `ml.${type}`]),
    ...allGpus().map(({ name }) => name),
  ]
  if (names.some((name) => matchesWildcard(pattern, name))) return
  const isOpen = pattern.includes('*')
  // Machines without accelerators are known by the naming scheme of their provider.
  const spelled = isOpen ? sizes.map((size) => pattern.replaceAll('*', size)) : [pattern]
  if (spelled.some((one) => instance(one) !== undefined || gpu(one) !== undefined)) return
  const hint = nearest(pattern, names)
  // A new machine may be one that the catalogue does not hold yet.
  if (!isOpen && hint === undefined) return
  const meant = hint === undefined ? '' : `, did you mean "${hint}"?`
  problems.add(node.start, `"${pattern}" matches no machine or accelerator${meant}`)
}

function at(node: ConfigNode | undefined, key: string): ConfigNode | undefined {
  return node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined
}

function textOf(node: ConfigNode): string | undefined {
  return node.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined
}

/** The graph in the DOT language of Graphviz: pools carry jobs, jobs start scripts. */
import type { JobGraph } from '../linter.js'
import { harmless } from './format/width.js'
import { machineParts, poolParts, priceText, serviceParts } from './graph-words.js'

export function dotGraph({ jobs, pools, services }: JobGraph): string {
  const nodes = new Map<string, string>()
  const edges = new Set<string>()
  const node = (id: string, label: (string | null)[], shape: string): string => {
    const text = label.filter((line) => line !== null && line !== '').join('\n')
    if (!nodes.has(id)) nodes.set(id, `  ${quoted(id)} [shape=${shape}, label=${quoted(text)}];`)
    return id
  }
  const poolId = (pool: { path: string; line: number }): string => `pool ${pool.path}:${pool.line}`
  for (const pool of pools) {
    const price = priceText(pool.cost)
    node(
      poolId(pool),
      [`${pool.kind} ${pool.name}`, poolParts(pool).join(', '), price === null ? null : `${price} each`],
      'cylinder',
    )
  }
  for (const job of jobs) {
    const place = `${job.path}:${job.line}`
    const from = node(
      `job ${job.id}`,
      [job.name, place, machineParts(job).join(', '), priceText(job.cost)],
      'box',
    )
    const to =
      job.script === null
        ? node(`unresolved ${place}`, [job.unresolved ?? 'no script in this project'], 'plaintext')
        : node(`script ${job.script}`, [job.script], 'note')
    const style = job.script === null || job.unresolved !== null ? ', style=dashed' : ''
    edges.add(`  ${quoted(from)} -> ${quoted(to)} [label=${quoted(job.launcher ?? '')}${style}];`)
    if (job.pool !== null) {
      const pool = node(poolId(job.pool), [`${job.pool.path}:${job.pool.line}`], 'cylinder')
      edges.add(`  ${quoted(pool)} -> ${quoted(from)};`)
    }
  }
  for (const service of services) {
    const price = priceText(service.cost)
    node(
      `service ${service.path}:${service.line}`,
      [
        `${service.platform} ${service.name}`,
        serviceParts(service).join(', '),
        service.model,
        price === null ? null : `${price} each`,
      ],
      'component',
    )
  }
  return ['digraph costlint {', '  rankdir=LR;', ...nodes.values(), ...edges, '}', ''].join('\n')
}

/** A quoted ID of the DOT language, without control characters. */
function quoted(text: string): string {
  const safe = text
    .split('\n')
    .map((line) => harmless(line).replaceAll('\\', '\\\\').replaceAll('"', '\\"'))
    .join('\\n')
  return `"${safe}"`
}

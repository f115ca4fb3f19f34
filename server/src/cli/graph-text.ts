/** The graph as text: each job with its machines, its price, and an arrow to its script. */
import type { JobGraph } from '../linter.js'
import type { Console } from './console.js'
import { count } from './format/summary.js'
import { harmless } from './format/width.js'
import { machineParts, poolParts, priceText, serviceParts } from './graph-words.js'

export function drawnGraph({ jobs, pools, services }: JobGraph, { colors }: Console): string {
  if (jobs.length + pools.length + services.length === 0) return 'No jobs found.\n'
  const said = new Set<string>()
  // Names come from files.
  const lines = jobs.map((job) => {
    const parts = [job.launcher ?? 'program unknown', ...machineParts(job)].map(harmless)
    const head = `${colors.bold(`${harmless(job.path)}:${job.line}`)} ${harmless(job.name)} (${parts.join(', ')})`
    // Several commands of one job run on the same machines.
    const price = said.has(job.id) ? null : priceText(job.cost)
    said.add(job.id)
    const script =
      job.script !== null
        ? `  ${colors.green('->')} ${harmless(job.script)}`
        : `  ${colors.yellow('->')} not resolved: ${harmless(job.unresolved ?? 'no script in this project')}`
    return [
      head,
      ...(price === null ? [] : [`  ${colors.cyan(price)}`]),
      ...(job.pool === null ? [] : [`  on the pool of ${harmless(job.pool.path)}:${job.pool.line}`]),
      script,
      ...(job.script !== null && job.unresolved !== null
        ? [`     not certain: ${harmless(job.unresolved)}`]
        : []),
    ].join('\n')
  })
  const shown = pools.map((pool) => {
    const parts = poolParts(pool).map(harmless)
    const price = priceText(pool.cost)
    return [
      `${colors.bold(`${harmless(pool.path)}:${pool.line}`)} ${harmless(`${pool.kind} ${pool.name}`)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`,
      ...(price === null ? [] : [`  ${colors.cyan(price)} for each machine`]),
    ].join('\n')
  })
  const served = services.map((service) => {
    const parts = serviceParts(service).map(harmless)
    const price = priceText(service.cost)
    return [
      `${colors.bold(`${harmless(service.path)}:${service.line}`)} ${harmless(`${service.platform} ${service.name}`)}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`,
      ...(price === null ? [] : [`  ${colors.cyan(price)} for each replica`]),
      ...(service.model === null ? [] : [`  ${colors.green('serves')} ${harmless(service.model)}`]),
    ].join('\n')
  })
  const unresolved = jobs.filter((job) => job.unresolved !== null || job.script === null).length
  const summary = [
    `${count(jobs.length, 'job')}, ${unresolved} not fully resolved`,
    ...(pools.length === 0 ? [] : [count(pools.length, 'pool')]),
    ...(services.length === 0 ? [] : [count(services.length, 'service')]),
  ].join('; ')
  const read = [...jobs, ...pools, ...services].flatMap(({ cost }) =>
    cost === null || cost.asOf === '' ? [] : [cost.asOf],
  )
  const dates = read.length === 0 ? '' : ` List prices read ${[...new Set(read)].sort()[0]} or later.`
  return `${[...lines, ...shown, ...served].join('\n')}\n\n${summary}.${dates}\n`
}

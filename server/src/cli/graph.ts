/** `costlint graph`: which job launches which script on which machine at which price, and what could not be resolved. */

import type { JobGraph } from '../linter.js'
import { type Console, exit } from './console.js'
import { eachProject } from './each-project.js'
import type { Engine } from './engine.js'
import { dotGraph } from './graph-dot.js'
import { drawnGraph } from './graph-text.js'
import type { GraphFormat } from './options.js'
import { compareText } from './report.js'

export async function showGraph(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  format: GraphFormat,
): Promise<number> {
  const graph: JobGraph = { jobs: [], pools: [], services: [] }
  await eachProject(engine, paths, console.cwd, async (project, { display, within }) => {
    const found = await project.graph()
    for (const job of found.jobs) {
      if (!within(job.path) && (job.script === null || !within(job.script))) continue
      graph.jobs.push({
        ...job,
        id: display(job.id),
        path: display(job.path),
        script: job.script === null ? null : display(job.script),
        pool: job.pool === null ? null : { ...job.pool, path: display(job.pool.path) },
      })
    }
    for (const pool of found.pools)
      if (within(pool.path)) graph.pools.push({ ...pool, path: display(pool.path) })
    for (const service of found.services)
      if (within(service.path)) graph.services.push({ ...service, path: display(service.path) })
  })
  graph.jobs.sort((a, b) => compareText(a.path, b.path) || a.line - b.line || compareText(a.name, b.name))
  graph.pools.sort((a, b) => compareText(a.path, b.path) || a.line - b.line)
  graph.services.sort((a, b) => compareText(a.path, b.path) || a.line - b.line)
  console.out(written(graph, format, console))
  return exit.clean
}

function written(graph: JobGraph, format: GraphFormat, console: Console): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ version: 1, ...graph }, null, 2)}\n`
    case 'dot':
      return dotGraph(graph)
    case 'full':
      return drawnGraph(graph, console)
  }
}

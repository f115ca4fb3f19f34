/** `costlint graph`: which job launches which script on what, and what could not be resolved and why. */
import { join, relative } from 'node:path'
import type { JobGraph } from '../linter.js'
import { toPosix } from '../project/node/host.js'
import { type Console, exit } from './console.js'
import type { Engine } from './engine.js'
import { count } from './format/summary.js'
import { harmless } from './format/width.js'
import { compareText } from './report.js'
import { targets } from './roots.js'

export async function showGraph(
  engine: Engine,
  console: Console,
  paths: readonly string[],
  format: 'full' | 'json',
): Promise<number> {
  const jobs: JobGraph['jobs'] = []
  for (const target of await targets(paths, console.cwd)) {
    const project = await engine.open(target.root, { choice: {}, explicit: target.paths })
    try {
      const display = (path: string) => toPosix(relative(console.cwd, join(target.root, path)))
      const within = (path: string) =>
        target.paths.some((each) => each === '' || path === each || path.startsWith(`${each}/`))
      for (const job of (await project.graph()).jobs) {
        if (!within(job.path) && (job.script === null || !within(job.script))) continue
        jobs.push({
          ...job,
          path: display(job.path),
          script: job.script === null ? null : display(job.script),
        })
      }
    } finally {
      await project.dispose()
    }
  }
  jobs.sort((a, b) => compareText(a.path, b.path) || a.line - b.line || compareText(a.name, b.name))
  console.out(format === 'json' ? `${JSON.stringify({ version: 1, jobs }, null, 2)}\n` : drawn(jobs, console))
  return exit.clean
}

function drawn(jobs: JobGraph['jobs'], { colors }: Console): string {
  if (jobs.length === 0) return 'No jobs found.\n'
  const lines = jobs.map((found) => {
    // Names come from files.
    const text = (value: string | null) => (value === null ? null : harmless(value))
    const job = {
      ...found,
      name: harmless(found.name),
      path: harmless(found.path),
      script: text(found.script),
    }
    const machine = [
      job.gpus === null ? [] : [job.gpus === 0 ? 'no GPU' : count(job.gpus, 'GPU')],
      job.instanceType === null ? [] : [job.instanceType],
    ].flat()
    const head = `${colors.bold(`${job.path}:${job.line}`)} ${job.name} (${[job.launcher, ...machine].join(', ')})`
    const script =
      job.script !== null
        ? `  ${colors.green('->')} ${job.script}`
        : `  ${colors.yellow('->')} not resolved: ${job.unresolved ?? 'no script in this project'}`
    const doubt =
      job.script !== null && job.unresolved !== null ? [`     not certain: ${job.unresolved}`] : []
    return [head, script, ...doubt].join('\n')
  })
  const unresolved = jobs.filter((job) => job.unresolved !== null || job.script === null).length
  return `${lines.join('\n')}\n\n${count(jobs.length, 'job')}, ${unresolved} not fully resolved.\n`
}

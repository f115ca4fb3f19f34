/** Counts the steps that linting a growing text or project takes at three lengths. Its parent asks for one by name at a time. */
import { startCounting, stepsOf } from './steps.js'

await startCounting()
const { openProject } = await import('../../server/src/project/workspace.js')
const { memoryHost, memoryRoot } = await import('../cases/memory-host.js')
const { projects, shapes } = await import('./growing-shapes.js')

async function lint(files: Record<string, string>): Promise<void> {
  const project = await openProject(memoryRoot, memoryHost(new Map(Object.entries(files))))
  await project.lint()
  await project.graph()
  await project.estimates()
  // An editor asks for them of the file that it shows.
  project.annotations(Object.keys(files)[0]!)
  await project.dispose()
}

/** The same project at three lengths. */
function made(name: string): Record<string, string>[] {
  const project = projects[name]
  if (project !== undefined) return [1, ...project.sizes].map(project.files)
  const { path, text, pieces } = shapes[name]!
  return [1, pieces, 2 * pieces].map((length) => ({ [path]: text(length) }))
}

async function count(name: string): Promise<{ length: number; steps: number }[]> {
  const lengths = made(name)
  // What is done once, whatever the length, is what the smallest takes.
  await lint(lengths[0]!)
  const counts: { length: number; steps: number }[] = []
  for (const files of lengths) {
    const length = Object.values(files).reduce((sum, text) => sum + text.length, 0)
    counts.push({ length, steps: await stepsOf(() => lint(files)) })
  }
  return counts
}

process.on('message', (name: string) => {
  count(name).then(
    (counts) => process.send!({ counts }),
    (error) => process.send!({ error: String(error?.stack ?? error) }),
  )
})
process.send!('ready')

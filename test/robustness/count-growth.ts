/** Prints the steps that linting each growing text or project takes at three lengths, with the lengths, as JSON. */
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

const counted: Record<string, { length: number; steps: number }[]> = {}

async function count(name: string, made: Record<string, string>[]): Promise<void> {
  // What is done once, whatever the length, is what the smallest takes.
  await lint(made[0]!)
  counted[name] = []
  for (const files of made) {
    const length = Object.values(files).reduce((sum, text) => sum + text.length, 0)
    counted[name].push({ length, steps: await stepsOf(() => lint(files)) })
  }
}

/** To look at some of them. */
const only = new RegExp(process.argv[2] ?? '')

for (const [name, { path, text, pieces }] of Object.entries(shapes).filter(([name]) => only.test(name)))
  await count(
    name,
    [1, pieces, 2 * pieces].map((length) => ({ [path]: text(length) })),
  )
for (const [name, { files, sizes }] of Object.entries(projects).filter(([name]) => only.test(name)))
  await count(name, [1, ...sizes].map(files))
process.stdout.write(JSON.stringify(counted))

/** Prints the steps that linting each growing text takes at three lengths, as JSON. */
import { startCounting, stepsOf } from './steps.js'

await startCounting()
const { openProject } = await import('../../server/src/project/workspace.js')
const { memoryHost, memoryRoot } = await import('../cases/memory-host.js')
const { shapes } = await import('./growing-texts.js')

async function lint(path: string, text: string): Promise<void> {
  const project = await openProject(memoryRoot, memoryHost(new Map([[path, text]])))
  await project.lint()
  await project.graph()
  await project.estimates()
  project.annotations(path)
  await project.dispose()
}

const counted: Record<string, number[]> = {}
for (const [name, { path, text, pieces }] of Object.entries(shapes)) {
  // What is done once, whatever the length, is what one piece takes.
  await lint(path, text(1))
  counted[name] = []
  for (const length of [1, pieces, 2 * pieces])
    counted[name].push(await stepsOf(() => lint(path, text(length))))
}
process.stdout.write(JSON.stringify(counted))

/** Prints the steps that linting each growing text takes at two lengths, as JSON. */
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

const counted: Record<string, [number, number]> = {}
for (const [name, { path, text, pieces }] of Object.entries(shapes)) {
  // What is set up once is not counted.
  await lint(path, text(2))
  const short = await stepsOf(() => lint(path, text(pieces)))
  const long = await stepsOf(() => lint(path, text(2 * pieces)))
  counted[name] = [short, long]
}
process.stdout.write(JSON.stringify(counted))

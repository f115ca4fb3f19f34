/** Opens the projects of the paths that a command was given, one after the other. */
import { join, relative } from 'node:path'
import { toPosix } from '../host/node/host.js'
import { isWithin } from '../text/location.js'
import type { Engine } from './engine.js'
import { targets } from './roots.js'

export interface ProjectPaths {
  /** A path of the project as it is shown in the folder of the command. */
  display(path: string): string
  /** The command was asked for this path of the project. */
  within(path: string): boolean
}

export async function eachProject(
  engine: Engine,
  paths: readonly string[],
  cwd: string,
  ask: (project: Awaited<ReturnType<Engine['open']>>, paths: ProjectPaths) => Promise<void>,
): Promise<void> {
  for (const target of await targets(paths, cwd)) {
    const project = await engine.open(target.root, {
      choice: {},
      explicit: target.paths,
      apart: target.apart ?? [],
    })
    try {
      await ask(project, {
        display: (path) => toPosix(relative(cwd, join(target.root, path))),
        within: (path) => target.paths.some((each) => isWithin(path, each)),
      })
    } finally {
      await project.dispose()
    }
  }
}

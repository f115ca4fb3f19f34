/** Launches start scripts: they are read although no reader has a word in them. How they are read with a launch: `bind-launches.ts`. */
import type { LinkedProject, LinkKind } from './link-kind.js'

export class ProgramLinks implements LinkKind {
  constructor(private readonly project: LinkedProject) {}

  follow(): void {
    for (const launch of this.project.launches()) {
      const path = this.project.scriptOf(launch)
      if (path !== null) this.project.files.want(path)
    }
  }
}

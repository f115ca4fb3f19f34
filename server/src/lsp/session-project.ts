/** The project of a session, which is opened when somebody first asks for it. */
import type { Project } from '../linter.js'
import type { Environment } from './environment.js'
import type { choiceOf } from './settings.js'
import type { Troubles } from './troubles.js'

export class SessionProject {
  private loading: Promise<Project | undefined> | undefined
  private loaded: Project | undefined
  /** Counts how often the project was forgotten: what was begun before opens for nobody. */
  private round = 0

  constructor(
    /** URI of the folder; null: documents that lie in no folder. */
    private readonly folder: string | null,
    private readonly environment: Environment,
    private readonly troubles: Troubles,
    private readonly choice: () => ReturnType<typeof choiceOf>,
  ) {}

  /** Undefined: it cannot be opened. */
  load(): Promise<Project | undefined> {
    this.loading ??= this.create()
    return this.loading
  }

  private async create(): Promise<Project | undefined> {
    const { round } = this
    try {
      // A host that throws at once must not do so before `loading` is set.
      await Promise.resolve()
      const project = await this.environment.createProject(this.folder, this.choice())
      if (round === this.round) this.loaded = project
      return project
    } catch (error) {
      this.troubles.fault(this.folder === null ? 'opening documents' : `opening ${this.folder}`, error)
      // What is wrong may be mended by then: the next change tries again.
      if (round === this.round) this.loading = undefined
      return undefined
    }
  }

  /** Files that are judged with this one; none of a project that is not open. */
  relatives(path: string): string[] {
    try {
      return this.loaded?.relatives(path) ?? []
    } catch (error) {
      this.troubles.fault(`relatives of ${path}`, error)
      return []
    }
  }

  /** What comes next is asked of another one. */
  forget(): void {
    const old = this.loading
    this.round++
    this.loading = undefined
    this.loaded = undefined
    void old?.then((project) => project?.dispose()).catch(() => undefined)
  }

  async dispose(): Promise<void> {
    const project = await this.loading?.catch(() => undefined)
    try {
      await project?.dispose()
    } catch (error) {
      this.troubles.fault('closing the project', error)
    }
  }
}

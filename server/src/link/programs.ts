/** Which file of the project a launch starts. */
import type { Launch } from '../workload/claim.js'
import { ConsoleScripts } from './console-scripts.js'
import type { ModuleIndex } from './modules.js'
import { baseName, folderOf, join, parents } from './paths.js'

/** Shell scripts run in the folder that they are started from; jobs of other files run in an image of their own. */
const script = /\.(sh|bash|zsh|ksh|slurm|sbatch|sub|job|pbs)$/

export type Resolved = { path: string } | { unresolved: string }

/** Programs by their last name, for paths that are written as they stand on another machine. */
export class ProgramIndex {
  private readonly files: Set<string>
  private readonly byName = new Map<string, string[]>()
  /** Several stages ask about the same launch. */
  private readonly resolved = new WeakMap<Launch, Resolved>()

  constructor(
    paths: Iterable<string>,
    private readonly modules: ModuleIndex,
    private readonly commands = new ConsoleScripts(),
    /** Programs that the cells of a notebook write, by its path. */
    private readonly writtenIn: (path: string) => readonly string[] = () => [],
  ) {
    this.files = new Set()
    for (const path of paths) {
      if (
        !/\.(py|ipynb|sh|bash|zsh|ksh|sbatch|slurm|tpl|tftpl)$|(^|\/)(GNUm|M|m)akefile$|^\.github\/.*\.ya?ml$/.test(
          path,
        )
      )
        continue
      this.files.add(path)
      const name = baseName(path)
      const list = this.byName.get(name)
      if (list === undefined) this.byName.set(name, [path])
      else list.push(path)
    }
  }

  resolve(launch: Launch): Resolved {
    let found = this.resolved.get(launch)
    if (found === undefined) {
      found = this.search(launch)
      this.resolved.set(launch, found)
    }
    return found
  }

  private search(launch: Launch): Resolved {
    const { path, module, bases, placed, command, inline, foreign } = launch.program
    if (foreign === true) return { unresolved: 'the program lies in another repository' }
    if (command !== undefined) return this.declared(command, launch.location.path)
    const home = folderOf(launch.location.path)
    const folders = [...bases.flatMap((base) => [join(home, base), join('', base)]), home]
    if (module !== null) {
      const found = this.modules.program(module, folders, launch.serves === true)
      const path = found ?? (placed === true || launch.asks === true ? undefined : this.inPackage(module))
      return path === undefined ? { unresolved: `no module ${module} in this project` } : { path }
    }
    if (path === null) return { unresolved: 'the program is not named literally' }
    if (inline === true && !this.writtenIn(launch.location.path).includes(path))
      return { unresolved: 'the program is part of the command' }
    // What a cell writes is what the next one runs, whatever else is called so.
    if (this.writtenIn(launch.location.path).some((written) => isWrittenAs(path, written)))
      return { path: launch.location.path }
    for (const folder of [...folders, ...parents(home)]) {
      if (path.startsWith('/')) break
      const candidate = join(folder, path)
      if (this.files.has(candidate)) return { path: candidate }
      if (this.files.has(`${candidate}/__main__.py`)) return { path: `${candidate}/__main__.py` }
    }
    // A workflow runs what is checked out, from its top.
    if (launch.asks === true) return { unresolved: `no file ${path} in this project` }
    const here = bases.length > 0 && (placed === true || script.test(launch.location.path))
    return this.bySuffix(path, home, here)
  }

  /** What the project installs under this name. */
  private declared(name: string, from: string): Resolved {
    const entry = this.commands.find(name, from)
    const path =
      entry === undefined
        ? undefined
        : (this.modules.program(entry.module, [entry.folder], true) ?? this.inPackage(entry.module))
    return path === undefined ? { unresolved: `no command ${name} in this project` } : { path }
  }

  /** `predictor.train` of a package that an image or a path elsewhere makes known, when one file fits. */
  private inPackage(module: string): string | undefined {
    const parts = module.split('.')
    if (parts.length < 2 || parts.includes('')) return undefined
    const end = `/${parts.join('/')}.py`
    const found = (this.byName.get(`${parts.at(-1)}.py`) ?? []).filter((path) => path.endsWith(end))
    return found.length === 1 ? found[0] : undefined
  }

  /** `/workspace/src/train.py` on another machine is `src/train.py` here, when only one file fits best. */
  private bySuffix(path: string, home: string, placed: boolean): Resolved {
    const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..')
    const name = parts.at(-1)
    const candidates = name === undefined ? [] : (this.byName.get(name) ?? [])
    if (candidates.length === 0) return { unresolved: `no file ${path} in this project` }
    let best: string[] = []
    let length = 0
    for (const candidate of candidates) {
      const own = candidate.split('/')
      let same = 0
      while (
        same < parts.length &&
        same < own.length &&
        own[own.length - 1 - same] === parts[parts.length - 1 - same]
      )
        same++
      if (same > length) {
        best = [candidate]
        length = same
      } else if (same === length) best.push(candidate)
    }
    // A bare name stands for a file where the script starts, in one of the folders above; elsewhere it is another's.
    if (
      placed &&
      parts.length === 1 &&
      !path.startsWith('/') &&
      best.length === 1 &&
      !beneath(best[0]!, home) &&
      !(candidates.length === 1 && isInSources(best[0]!, home))
    )
      return { unresolved: `no file ${path} beside this launch` }
    // A folder of its user's home that is named like none here is another project.
    if (length === 1 && parts.length > 2 && path.startsWith('~'))
      return { unresolved: `no file ${path} in this project` }
    if (best.length === 1) return { path: best[0]! }
    // Twins in one example each: the one nearest to the launch.
    const near = best.filter((candidate) => candidate.startsWith(home === '' ? '' : `${home}/`))
    if (near.length === 1 && home !== '') return { path: near[0]! }
    return { unresolved: `several files could be ${path}` }
  }
}

/** `scripts/train.sh` starts the only `train.py` that there is, from the folder of the sources: `cd src && bash ../scripts/train.sh`. */
function isInSources(candidate: string, home: string): boolean {
  return home !== '' && sources.test(baseName(folderOf(candidate))) && beside(folderOf(candidate), home)
}

const sources = /^(src|source|sources|code)$/i

function beside(one: string, other: string): boolean {
  return one !== other && folderOf(one) === folderOf(other)
}

/** True for a file that a way down from the launch's folder leads to. */
function beneath(candidate: string, home: string): boolean {
  return home === '' || candidate.startsWith(`${home}/`)
}

/** `python train.py` runs what `%%writefile train.py` wrote, also behind a `cd` into its folder. */
export function isWrittenAs(started: string, written: string): boolean {
  const [one, other] = [started, written].map((path) => path.replace(/^(\.\/)+/, '')) as [string, string]
  return one === other || one.endsWith(`/${other}`) || other.endsWith(`/${one}`)
}

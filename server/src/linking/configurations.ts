/** Which configuration files a script reads, and what they hold together with the launch that starts it. */

import type { FileRecord } from '../extraction/file-record.js'
import { composeHydra, type HydraLookup, hydraFolder, interpolated, isHydraOption } from '../link/hydra.js'
import { folderOf, join, parents } from '../link/paths.js'
import { namesConfiguration } from '../link/script-arguments.js'
import { rootOfConfigFlag } from '../python/config-flags.js'
import { asFile } from '../python/configured-file.js'
import { hydraRoot } from '../python/configured-path.js'
import { moduleOfRoot, rootsOf } from '../python/configured-plain.js'
import type { ConfigurationUse, ModuleSummary, PlainPath } from '../python/module.js'
import { rootOfFlags, wordMeant } from '../python/option-files.js'
import type { ConfigurationRoot, Configured } from '../text/configured.js'
import type { LaunchValue } from '../text/launch.js'
import { eitherConfigured } from '../text/merge-configured.js'
import { define, lookUp } from '../text/records.js'
import type { Launch } from '../workload/claim.js'
import { configurationFiles, fitting, namedFile } from './fitting-files.js'
import { valuesWithBases } from './inheriting-files.js'
import type { ProjectFiles } from './project-files.js'

export interface Configurations {
  values: Record<string, ConfigurationRoot>
  /** Every file that takes part. */
  files: string[]
  /** As `Composition.sweeper`. */
  sweeper?: string
}

/** What launches of a script give one of its options. */
export interface GivenFiles {
  /** It is launched, and what that gives the option is known. */
  isLaunched: boolean
  files: readonly string[]
  /** What all of them give, where that is the same, be it the name of a file or not. */
  named: string | null
  /** Only a README shows them. */
  documented: boolean
  /** Python files among them. */
  makers: readonly string[]
  /** Keys of what the file holds that launches give another value: `--config.train.lr=0.1`. */
  below: readonly (readonly string[])[]
}

/** More are no choice that somebody makes. */
const mostFiles = 8

/** The configuration files that a launch names; requests in code list flags alone. */
function filesOf({ files, flags }: Launch): { path: string; overridable: boolean }[] {
  if (files.length > 0) return files.map(({ path }) => ({ path, overridable: false }))
  return Object.entries(flags).flatMap(([flag, { value, overridable }]) => {
    const path = asFile(value)
    return path === null || !namesConfiguration(flag) ? [] : [{ path, overridable: overridable === true }]
  })
}

/** The files that a launch gives to options whose files the script reads, whatever they are called, else their defaults. */
function filesOfOptions(
  launch: Launch,
  uses: readonly ConfigurationUse[],
): { path: string; overridable: boolean }[] {
  return uses.flatMap((use) => {
    if (use.kind !== 'option') return []
    const given = use.flags.map((flag) => givenFor(launch, flag)).find((one) => one !== undefined)
    const path = given === undefined ? use.otherwise : asFile(given.value)
    return path === null ? [] : [{ path, overridable: given === undefined || given.overridable === true }]
  })
}

/** What a launch gives to an option, or to a word of the command line. */
export function givenFor({ flags, positionals }: Launch, flag: string): LaunchValue | undefined {
  const word = wordMeant(flag)
  return word === null ? lookUp(flags, flag) : positionals[word]
}

const none: Configurations = { values: {}, files: [] }

export class ConfigurationLinker {
  constructor(
    private readonly project: ProjectFiles,
    private readonly summaryOf: (path: string) => ModuleSummary | null,
    private readonly filesGiven: (script: string, flags: readonly string[]) => GivenFiles,
  ) {}

  /** For a script by itself (`launch` null), or as a launch starts it. */
  of(record: FileRecord, launch: Launch | null): Configurations {
    const uses = this.summaryOf(record.path)?.configurations ?? []
    const named = launch === null ? [] : filesOf(launch)
    if (uses.length === 0 && named.length === 0) return none
    const found: Configurations = { values: {}, files: [] }
    const add = (key: string, path: string, overridable: boolean): void => {
      if (Object.hasOwn(found.values, key)) return
      const values = valuesWithBases(this.project, path)
      if (values === undefined || values === 'pending') return
      if (!found.files.includes(path)) found.files.push(path)
      if (values === null) return
      define(found.values, key, { root: interpolated(values), overridable })
    }
    const folders = [folderOf(record.path), ...parents(folderOf(record.path))]
    for (const use of uses) {
      if (use.kind === 'hydra' && use.launched === true && launch === null) continue
      // What Hydra is told in a README is one of many things that it could be.
      if (use.kind === 'hydra') this.compose(record, use, launch?.documented === true ? null : launch, found)
      else if (use.kind === 'option') this.choose(record.path, use, folders, found)
      else if (use.kind === 'made') this.make(record.path, use, folders, found)
      else {
        const path =
          this.locate(use.path, folders) ??
          (use.exact === true ? null : this.only(use.path.slice(use.path.lastIndexOf('/') + 1)))
        if (path !== null) add(use.path, path, false)
      }
    }
    if (launch !== null) {
      const home = folderOf(launch.location.path)
      const near = [home, ...launch.program.bases.map((base) => join(home, base)), ...folders]
      for (const { path: written, overridable } of [...named, ...filesOfOptions(launch, uses)]) {
        const path = this.locate(written, near)
        if (path !== null) add(written, path, overridable || launch.documented === true)
      }
    }
    return found
  }

  /** What an option names: what launches give it, else its default, else whichever file of the project fits. */
  private choose(
    script: string,
    use: ConfigurationUse & { kind: 'option' },
    folders: string[],
    found: Configurations,
  ): void {
    const given = this.filesGiven(script, use.flags)
    const named = given.files.length > 0 ? given.files : use.otherwise === null ? [] : [use.otherwise]
    const paths = named.map((path) => this.locate(path, folders) ?? this.only(path))
    const files = paths.every((path) => path !== null) ? [...new Set(paths)] : []
    const chosen =
      named.length > 0
        ? files.flatMap((path) => namedFile(this.project, path) ?? [])
        : given.isLaunched
          ? []
          : fitting(this.project, folders, use.keys)
    if (chosen.length === 0 || chosen.length > mostFiles) return
    for (const { path } of chosen) if (!found.files.includes(path)) found.files.push(path)
    const names = chosen.map(({ path }) => `${path} is used`)
    const [only] = chosen
    define(found.values, rootOfFlags(use.flags), {
      root:
        chosen.length === 1
          ? only!.root
          : eitherConfigured(
              chosen.map(({ root }) => root),
              names,
            ),
      // Where one launch takes a variable, what the others name is one of several.
      overridable: named.length === 0 || given.documented || (given.files.length > 0 && !given.isLaunched),
    })
  }

  /** What the Python files make that launches name with a flag, else its default. */
  private make(
    script: string,
    { flag, otherwise }: ConfigurationUse & { kind: 'made' },
    folders: string[],
    found: Configurations,
  ): void {
    const given = this.filesGiven(script, [flag])
    const named = given.makers.length > 0 ? given.makers : otherwise === null ? [] : [otherwise]
    const paths = [...new Set(named.map((path) => this.locate(path, folders)))]
    const roots = paths.flatMap((path) => {
      const made = path === null ? undefined : this.project.made(path)
      return made === undefined || made === 'pending' || made.root === null ? [] : [made.root]
    })
    if (roots.length === 0 || roots.length < paths.length || roots.length > mostFiles) return
    for (const path of paths) if (!found.files.includes(path!)) found.files.push(path!)
    const whole =
      roots.length === 1
        ? roots[0]!
        : eitherConfigured(
            roots,
            paths.map((path) => `${path} is used`),
          )
    // What launches say beside it is theirs.
    const root = given.below.reduce((node, keys) => told(node, keys), structuredClone(whole))
    define(found.values, rootOfConfigFlag(flag), {
      root,
      overridable: !given.isLaunched || given.documented,
    })
  }

  /** The only file of the project that a path may end with; null: there are none, or several. */
  private only(path: string): string | null {
    const ending = `/${path.replace(/^(\.\/)+/, '')}`
    const all = this.project.matching(configurationFiles).filter((one) => one.endsWith(ending))
    return all.length === 1 ? all[0]! : null
  }

  /** The file that another module names to this one, as it names it; null: there is none, or it has not been read. */
  named(path: string, folders: readonly string[], overridable: boolean): ConfigurationRoot | null {
    const near = [...new Set(folders.flatMap((folder) => [folder, ...parents(folder)]))]
    const found = this.locate(path, near)
    const values = found === null ? undefined : valuesWithBases(this.project, found)
    if (values === undefined || values === 'pending' || values === null) return null
    return { root: interpolated(values), overridable }
  }

  private locate(path: string, folders: string[]): string | null {
    if (path.includes('://')) return null
    // A bare name below a folder elsewhere is any file that is called so, but for where images keep the project itself.
    const least = isElsewhere(path) && !inImage.test(path) ? 2 : 1
    for (const part of partsHere(path)) {
      if (part.split('/').length < least) break
      const found = folders.map((folder) => join(folder, part)).find((one) => this.project.has(one))
      if (found !== undefined) return found
    }
    return null
  }

  /** The folder that `config_path` names; on another machine, the one here that is called so and holds the file. */
  private hydraFolder(script: string, path: string | null, name: string): string | null {
    if (path === null || !isElsewhere(path)) return hydraFolder(script, path)
    const file = /\.ya?ml$/.test(name) ? name : `${name}.yaml`
    const found = this.locate(`${path}/${file}`, [folderOf(script), ...parents(folderOf(script))])
    return found === null ? null : found.slice(0, -file.length - 1)
  }

  private compose(
    record: FileRecord,
    use: ConfigurationUse & { kind: 'hydra' },
    launch: Launch | null,
    found: Configurations,
  ): void {
    const flag = (...names: string[]): string | null | undefined => {
      for (const name of names) {
        const given = lookUp(launch?.flags, name)
        if (given !== undefined) return typeof given.value === 'string' ? given.value : null
      }
      return undefined
    }
    const name =
      flag('config-name', 'cn') ?? use.name ?? this.filesGiven(record.path, ['config-name', 'cn']).named
    const given = flag('config-path', 'cp', 'config-dir', 'cd')
    // A path that cannot be read, or one that is relative to where the program starts.
    if (name === null || given !== undefined) return
    const folder = this.hydraFolder(record.path, use.folder, name)
    if (folder === null) return
    const lookup: HydraLookup = (path) => this.project.values(path)
    const composed = composeHydra(
      {
        folder,
        name,
        overrides: launch === null ? {} : overridesOf(launch),
        complete: launch === null || (launch.complete && launch.positionals.length === 0),
        multirun: launch !== null && (launch.flags.m !== undefined || launch.flags.multirun !== undefined),
      },
      lookup,
    )
    found.files.push(...composed.files)
    if (composed.sweeper !== null) found.sweeper = composed.sweeper
    if (composed.root !== null && composed.pending.length === 0)
      found.values[hydraRoot] = { root: composed.root, overridable: launch === null }
  }
}

/** A value that the launch line gives. */
function told(node: Configured, keys: readonly string[]): Configured {
  const [first, ...rest] = keys
  if (first === undefined || node.kind !== 'map')
    return { kind: 'unknown', because: 'the launch line', at: node.at }
  const inner = lookUp(node.entries, first)
  const child: Configured = inner ?? { kind: 'map', entries: {}, at: node.at }
  return { ...node, entries: { ...node.entries, [first]: told(child, rest) } }
}

/** Folders that images copy a project to, by custom. */
const inImage =
  /^\/(app|workspace|code|src|project|opt\/(app|program|ml\/code)|usr\/src\/app|home\/app)\/[^/]+$/

/** It names a place on the machine of whoever wrote it. */
function isElsewhere(path: string): boolean {
  return /^(?:[/~]|[A-Za-z]:[\\/])/.test(path)
}

/** `/home/me/project/conf/train.yaml` may be `conf/train.yaml` here: the path, and what ends it, the longest first. */
function partsHere(path: string): string[] {
  if (!isElsewhere(path)) return [path]
  const parts = path.split(/[\\/]/).filter((part) => part !== '' && part !== '.')
  return parts.map((_part, at) => parts.slice(at).join('/'))
}

function overridesOf(launch: Launch): Launch['flags'] {
  return Object.fromEntries(Object.entries(launch.flags).filter(([name]) => !isHydraOption(name)))
}

/** Modules whose configurations another one gets to see: through what it imports, and what is passed to it. */
export function seenModules(imported: readonly ModuleSummary[], passed: readonly PlainPath[]): string[] {
  const paths = [
    ...passed,
    ...imported.flatMap(({ kept, loads }) => [
      ...Object.values(kept ?? {}),
      ...Object.values(loads ?? {}).map(({ path }) => path),
    ]),
  ]
  const defaults = imported.flatMap(({ loads }) =>
    Object.values(loads ?? {}).flatMap(({ parameter }) => parameter?.otherwise ?? []),
  )
  return [...new Set([...paths.flatMap(rootsOf), ...defaults].flatMap((root) => moduleOfRoot(root) ?? []))]
}

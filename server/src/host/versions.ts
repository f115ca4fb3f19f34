/** Which library versions hold for a file: those of the nearest folder above it that pins any. */
import { jsonFacts } from '../config/json.js'
import { tomlFacts } from '../config/toml.js'
import { yamlFacts } from '../config/yaml.js'
import {
  type ConsoleScript,
  ConsoleScripts,
  pyprojectScripts,
  setupCfgScripts,
  setupPyScripts,
} from '../link/console-scripts.js'
import { baseName, folderOf, parents } from '../link/paths.js'
import {
  acceleratorWheels,
  dockerfileVersions,
  environmentVersions,
  installedVersions,
  lockVersions,
  mergeVersions,
  packageVersions,
  pipfileLockVersions,
  pipfileVersions,
  plainVersions,
  processorWheels,
  pyprojectVersions,
  requirementsVersions,
  setupCfgVersions,
  setupPyVersions,
  type Versions,
} from '../link/versions.js'
import type { Grammars } from '../syntax/parser.js'

const versionFile =
  /(^|\/)(requirements[^/]*\.(txt|in)|requirements\/[^/]+\.(txt|in)|pyproject\.toml|setup\.(cfg|py)|environment[^/]*\.ya?ml|(?![^/]*(?:infer|serv|scor|deploy))[^/]*conda[^/]*\.ya?ml|(uv|poetry|pdm)\.lock|Pipfile(\.lock)?|Dockerfile[^/]*|[\w-]*(?:setup|install|env)[\w-]*\.sh)$/

/** Source of a library in the project: a copy, a fork, or the library itself. */
const librarySource =
  /(^|\/)(transformers|trl|peft|accelerate|datasets|torch|lightning|pytorch_lightning|deepspeed|keras|optuna|ray|tensorflow|detectron2)\/__init__\.py$/

export function isVersionFile(path: string): boolean {
  return versionFile.test(path) || librarySource.test(path)
}

export class VersionTable {
  private readonly byFolder = new Map<string, Versions>()
  /** Of the images that Dockerfiles build on; null: they disagree. What a project asks for counts more. */
  private readonly images = new Map<string, Versions | null>()
  private readonly plain = new Map<string, Record<string, string>>()

  /** Declared in the same files. */
  readonly commands = new ConsoleScripts()

  private readonly compared = new WeakMap<VersionTable, Map<string, boolean>>()

  constructor(private readonly grammars: Grammars) {}

  add(path: string, text: string): void {
    if (/(^|\/)Dockerfile[^/]*$/.test(path)) {
      const versions = dockerfileVersions(text)
      // `Dockerfile.cpu` stands beside that of a machine with accelerators.
      if (baseName(path) !== 'Dockerfile') delete versions[processorWheels]
      this.addImage(folderOf(path), versions)
      return
    }
    this.commands.add(path, this.scriptsOf(path, text))
    const versions = this.read(path, text)
    if (Object.keys(versions).length === 0) return
    const folder = homeOf(path)
    const before = this.byFolder.get(folder)
    this.byFolder.set(folder, before === undefined ? versions : mergeVersions(before, versions))
    this.plain.clear()
  }

  private addImage(folder: string, versions: Versions): void {
    if (Object.keys(versions).length === 0) return
    const before = this.images.get(folder)
    const same = before === undefined || JSON.stringify(before) === JSON.stringify(versions)
    this.images.set(folder, same ? versions : null)
    this.plain.clear()
  }

  /** By distribution name in lower case; empty where nothing is pinned. */
  of(path: string): Record<string, string> {
    const folder = folderOf(path)
    const known = this.plain.get(folder)
    if (known !== undefined) return known
    const folders = [folder, ...parents(folder)]
    const found: Versions[] = []
    for (const table of [this.byFolder, this.images]) {
      for (const one of folders) {
        const versions = table.get(one)
        if (versions !== undefined && versions !== null) found.push(versions)
      }
    }
    const { [acceleratorWheels]: accelerated, ...merged } = plainVersions(mergeVersions(...found))
    // `requirements_cuda.txt` beside `requirements.txt`: whoever has an accelerator installs that.
    if (accelerated !== undefined) delete merged[processorWheels]
    this.plain.set(folder, merged)
    return merged
  }

  /** True where both tables hold the same for a file. */
  saysLike(other: VersionTable, path: string): boolean {
    const folder = folderOf(path)
    let same = this.compared.get(other)
    if (same === undefined) {
      same = new Map()
      this.compared.set(other, same)
    }
    let answer = same.get(folder)
    if (answer === undefined) {
      answer = JSON.stringify(this.of(path)) === JSON.stringify(other.of(path))
      same.set(folder, answer)
    }
    return answer
  }

  private scriptsOf(path: string, text: string): ConsoleScript[] {
    if (!/scripts/.test(text)) return []
    if (path.endsWith('setup.py')) return setupPyScripts(text)
    if (path.endsWith('setup.cfg')) return setupCfgScripts(text)
    return path.endsWith('pyproject.toml') ? pyprojectScripts(tomlFacts(text, this.grammars)) : []
  }

  private read(path: string, text: string): Versions {
    if (/\.(txt|in)$/.test(path)) {
      const versions = requirementsVersions(text)
      // Beside the requirements of a machine with accelerators stand those of CI.
      if (baseName(path) !== 'requirements.txt') delete versions[processorWheels]
      return versions
    }
    if (path.endsWith('.sh')) {
      // One script installs for machines with accelerators and for those without.
      const { [processorWheels]: _, ...versions } = installedVersions(text)
      return versions
    }
    if (path.endsWith('Pipfile.lock')) return pipfileLockVersions(jsonFacts(text))
    if (path.endsWith('Pipfile')) return pipfileVersions(tomlFacts(text, this.grammars))
    if (path.endsWith('setup.py')) return setupPyVersions(text)
    if (path.endsWith('__init__.py')) return packageVersions(baseName(folderOf(path)), text)
    if (path.endsWith('.lock')) return lockVersions(text)
    if (path.endsWith('setup.cfg')) return setupCfgVersions(text)
    if (path.endsWith('.toml')) return pyprojectVersions(tomlFacts(text, this.grammars))
    return environmentVersions(yamlFacts(text))
  }
}

/** Folders of what describes the surroundings of the code beside them. */
const described = /(^|\/)(requirements|conda|environments?|aml_config|\.azureml)$/

/** The folder for whose files it speaks. A package in `src` is imported by what stands beside `src`. */
function homeOf(path: string): string {
  const folder = folderOf(path)
  if (!librarySource.test(path)) return folder.replace(described, '')
  return folderOf(folder).replace(/(^|\/)src$/, '')
}

/** Versions of libraries that a project asks for. Pure functions over texts and facts. */
import { at, entries, entry, items, text as textOf, written } from '../config/access.js'
import type { ConfigFacts, ConfigNode } from '../config/node.js'
import { define, lookUp } from '../text/records.js'

export interface LibraryVersion {
  version: string
  /** `pin`: exactly this one. `least`: this one or later (`>=`, `~=`, `^`). `below`: before this one. */
  bound: 'pin' | 'least' | 'below'
  /** Beside a `least`: the version that it stays below (`>=1.5,<2`, `~=1.5`, `^1.5`). */
  below?: string
}

/** By distribution name in lower case, runs of `-`, `_`, `.` as one `-`. */
export type Versions = Record<string, LibraryVersion>

/** Names under which conda knows what PyPI calls otherwise. */
const condaNames: Record<string, string> = {
  pytorch: 'torch',
  'pytorch-gpu': 'torch',
  'tensorflow-gpu': 'tensorflow',
}

function distribution(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

function add(versions: Versions, name: string, found: LibraryVersion | null): void {
  if (found === null) return
  const key = distribution(name)
  const known = lookUp(versions, key)
  if (known !== undefined && known.bound === 'pin') return
  Object.defineProperty(versions, key, { value: found, enumerable: true, configurable: true, writable: true })
}

const number = /\d+(?:\.\d+)*(?:(?:a|b|rc|\.dev|\.post)\d+)?/.source
const clause = new RegExp(`(===?|>=|<=|~=|\\^|>|<|=)?\\s*v?(${number})(\\.\\*)?(?:\\+[\\w.]+)?`, 'g')

/** The version that a specifier asks for: `==2.1.*` → 2.1, `>=4.40,<5` → 4.40 as the least. */
function specifier(source: string, bare: LibraryVersion['bound'] | null = null): LibraryVersion | null {
  let least: LibraryVersion | null = null
  let below: LibraryVersion | null = null
  for (const part of source.split(/,|(?<!\s)\s+(?=[<>=~!^])/)) {
    if (part.trim().startsWith('!=')) continue
    clause.lastIndex = 0
    const match = clause.exec(part.trim())
    if (match === null || match.index !== 0) continue
    const [, operator, version] = match as unknown as [string, string | undefined, string]
    const bound =
      operator === undefined
        ? bare
        : operator === '<' || operator === '<='
          ? 'below'
          : /^=/.test(operator)
            ? 'pin'
            : 'least'
    if (bound === 'pin') return { version, bound }
    if (bound === 'least') {
      least ??= { version, bound }
      const next = operator === '~=' || operator === '^' ? nextVersion(version, operator) : null
      if (next !== null) below ??= { version: next, bound: 'below' }
    } else if (bound === 'below') below ??= { version, bound }
  }
  if (least === null || below === null) return least ?? below
  return { ...least, below: below.version }
}

/** The first version that `~=1.5` (2), `~=1.5.2` (1.6), `^1.5` (2) leave out. */
function nextVersion(version: string, operator: '~=' | '^'): string | null {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10))
  if (parts.some(Number.isNaN)) return null
  const kept = operator === '^' ? 1 : Math.max(1, parts.length - 1)
  const next = parts.slice(0, kept)
  next[kept - 1] = next[kept - 1]! + 1
  return next.join('.')
}

/** A longer requirement is none that somebody wrote, and would take long to match. */
const longestRequirement = 2_000

/** One requirement as pip takes it: `torch[extra] >= 2.1, < 3 ; python_version < "3.12"`, `x @ https://…`. */
function requirement(versions: Versions, source: string): void {
  if (source.length > longestRequirement) return
  const line = source
    .replace(/(^|\s)#.*$/, '')
    .split(';')[0]!
    .trim()
  const match = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?\s*((?:===?|>=|<=|~=|!=|>|<)[^()]*)?\)?/.exec(
    line,
  )
  if (match === null || match[2] === undefined) {
    // A wheel names its version: `torch @ https://…/torch-2.1.0%2Bcu118-cp310-….whl`.
    const wheel = /\/([A-Za-z0-9_.]+)-(\d[\w.]*)(?:%2B|\+)?[\w.]*-(?:cp|py)\d[^/]*\.whl/.exec(line)
    if (wheel !== null) add(versions, wheel[1]!, { version: wheel[2]!, bound: 'pin' })
    return
  }
  if (/^torch\b[^+]*\+cpu\b/.test(line)) add(versions, processorWheels, { version: '0', bound: 'pin' })
  if (/^torch\b[^+]*\+(cu|rocm)\d/.test(line))
    add(versions, acceleratorWheels, { version: '0', bound: 'pin' })
  add(versions, match[1]!, specifier(match[2]))
}

/** Stands for `torch==2.1.0+cpu`: PyTorch without support for accelerators. */
export const processorWheels = 'torch+cpu'

/** Stands for `torch==2.1.0+cu118`, in requirements that may lie beside those of another machine. */
export const acceleratorWheels = 'torch+cuda'

/** `--index-url https://download.pytorch.org/whl/cpu`, which pip prefers also as an extra one: `2.1+cpu` counts as newer than `2.1`. */
const processorIndex =
  /^[^#]*(?:--(?:extra-)?index-url|--find-links|-[if])[=\s]+["']?https?:\/\/download\.pytorch\.org\/whl\/(?:\w+\/)?cpu\b/

const processorUrl = /^https?:\/\/download\.pytorch\.org\/whl\/(?:\w+\/)?cpu\b/

/** `ENV PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu`: the same for all that an image installs. */
const processorVariable =
  /^[ \t]*(?:ENV|ARG)[ \t](?:[^\n#]*[ \t])?(?:PIP|UV)_(?:EXTRA_|DEFAULT_)?INDEX(?:_URL)?[= \t]["']?https?:\/\/download\.pytorch\.org\/whl\/(?:\w+\/)?cpu\b/m

/** requirements*.txt, constraints. Options (`-r`, `--index-url`) are skipped. */
export function requirementsVersions(text: string): Versions {
  const versions: Versions = {}
  const lines = text.replace(/\\\r?\n/g, ' ').split(/\r?\n/)
  if (lines.some((line) => processorIndex.test(line)) && lines.some((line) => /^\s*torch\b/.test(line)))
    add(versions, processorWheels, { version: '0', bound: 'pin' })
  for (const line of lines) {
    if (!/^\s*[-#]/.test(line)) requirement(versions, line.replace(/\s--hash=.*$/, ''))
  }
  return versions
}

/** `pip install torch==2.1.0 "transformers>=4.40"`: the words behind `install`. */
export function installVersions(words: string[]): Versions {
  const versions: Versions = {}
  for (const word of words) if (!word.startsWith('-')) requirement(versions, word)
  return versions
}

const installs = /\b(?:pip3?|uv\s+pip)\s+install\s+([^\n;&|]*)/g

/** What commands of a shell install: `pip install -q "trl==0.8.6" transformers==4.40.1`. */
export function installedVersions(text: string): Versions {
  return mergeVersions(
    ...[...text.matchAll(installs)].map(([, words]) =>
      installVersions(words!.split(/\s+/).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'))),
    ),
  )
}

/** pyproject.toml: `project.dependencies`, optional dependencies, dependency groups, Poetry's tables. */
export function pyprojectVersions(facts: ConfigFacts): Versions {
  const versions: Versions = {}
  const root = facts.documents[0]?.root
  const list = (node: ConfigNode | undefined) => {
    for (const one of items(node)) requirement(versions, textOf(one) ?? '')
  }
  list(at(root, 'project', 'dependencies'))
  const poetry = at(root, 'tool', 'poetry')
  const tables = [at(poetry, 'dependencies'), at(poetry, 'dev-dependencies')]
  for (const group of entries(at(poetry, 'group'))) tables.push(at(group.value, 'dependencies'))
  for (const table of tables) {
    for (const one of entries(table)) {
      const value = textOf(one.value) ?? textOf(at(one.value, 'version'))
      // In Poetry a bare number is exact.
      if (value !== undefined && one.key !== 'python') add(versions, one.key, specifier(value, 'pin'))
    }
  }
  for (const group of entries(at(root, 'project', 'optional-dependencies'))) list(group.value)
  for (const group of entries(at(root, 'dependency-groups'))) list(group.value)
  return buildsForProcessor(root) ? mergeVersions(versions, processorBuild()) : versions
}

/** `torch = { index = "pytorch-cpu" }` of uv, on whatever machine, where the index has the wheels of PyTorch for processors. */
function buildsForProcessor(root: ConfigNode | undefined): boolean {
  const uv = at(root, 'tool', 'uv')
  const source = at(uv, 'sources', 'torch')
  const named = items(source).length === 0 ? [source] : items(source)
  const [only, ...others] = named
  const index = textOf(at(only, 'index'))
  if (index === undefined || others.length > 0) return false
  if (['marker', 'extra', 'group'].some((key) => at(only, key) !== undefined)) return false
  return items(at(uv, 'index')).some(
    (one) => textOf(at(one, 'name')) === index && processorUrl.test(textOf(at(one, 'url')) ?? ''),
  )
}

/** setup.cfg: `install_requires` of `[options]`, and the extras. */
export function setupCfgVersions(text: string): Versions {
  const versions: Versions = {}
  let section = ''
  let wanted = false
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[([^\]]+)\]/.exec(line)
    if (header !== null) {
      section = header[1]!.trim()
      wanted = false
    } else if (/^\S/.test(line)) {
      const [, key, rest] = /^([\w.-]+)\s*[=:]\s*(.*)$/.exec(line) ?? []
      wanted =
        key !== undefined &&
        ((section === 'options' && key === 'install_requires') || section === 'options.extras_require')
      if (wanted && rest) for (const one of rest.split(';')[0]!.split(/\s{2,}/)) requirement(versions, one)
    } else if (wanted) requirement(versions, line)
  }
  return versions
}

/** environment.yml of conda, with its `pip:` part. */
export function environmentVersions(facts: ConfigFacts): Versions {
  const versions: Versions = {}
  for (const one of items(at(facts.documents[0]?.root, 'dependencies'))) {
    for (const pip of items(entry(one, 'pip')?.value)) requirement(versions, written(pip) ?? '')
    const source = textOf(one)
    const match =
      /^(?:[\w./-]+::)?([A-Za-z0-9][\w.-]*)\s*(?:=+|(?=[<>!~]))?\s*([^\s=]*(?:[<>=,~][^\s=]+)*)/.exec(
        source ?? '',
      )
    // A package of its own that keeps PyTorch from being built for accelerators.
    if (match?.[1] === 'cpuonly') add(versions, processorWheels, { version: '0', bound: 'pin' })
    if (match === null || match[2] === '') continue
    const name = match[1]!.toLowerCase()
    // `pytorch=2.1` is any 2.1.x, which is as good as pinned here.
    add(versions, lookUp(condaNames, name) ?? name, specifier(match[2]!, 'pin'))
  }
  return versions
}

/** uv.lock, poetry.lock, pdm.lock: everything is pinned. Read as text, since these files are long. */
export function lockVersions(text: string): Versions {
  const versions: Versions = {}
  for (const match of text.matchAll(/^\[\[package\]\]\s*\nname = "([^"\n]+)"\s*\nversion = "([^"\n]+)"/gm)) {
    add(versions, match[1]!, { version: match[2]!.split('+')[0]!, bound: 'pin' })
  }
  return versions
}

/** Pipfile.lock: everything is pinned. */
export function pipfileLockVersions(facts: ConfigFacts): Versions {
  const versions: Versions = {}
  for (const section of ['default', 'develop']) {
    for (const one of entries(at(facts.documents[0]?.root, section)))
      add(versions, one.key, specifier(textOf(at(one.value, 'version')) ?? ''))
  }
  return versions
}

/** Pipfile: `torch = "==2.1"`, `torch = {version = "*"}`. */
export function pipfileVersions(facts: ConfigFacts): Versions {
  const versions: Versions = {}
  for (const section of ['packages', 'dev-packages']) {
    for (const one of entries(at(facts.documents[0]?.root, section)))
      add(versions, one.key, specifier(textOf(one.value) ?? textOf(at(one.value, 'version')) ?? ''))
  }
  return versions
}

/**
 * setup.py, read as text: requirements are strings with a bound. A setup file of a library in the project (a fork, a
 * vendored copy) tells its own version, which then is the one that the files beside it import.
 */
export function setupPyVersions(text: string): Versions {
  const versions: Versions = {}
  const code = text.replace(/#.*$/gm, '')
  const name = /\bname\s*=\s*["']([\w.-]+)["']/.exec(code)?.[1]
  const version = /\bversion\s*=\s*["'](\d[\w.]*)["']/.exec(code)?.[1]
  if (name !== undefined && version !== undefined)
    add(versions, name, { version: released(version), bound: 'pin' })
  for (const match of code.matchAll(
    /["']([A-Za-z][\w.-]*(?:\[[\w,-]*\])?\s*(?:===?|>=|<=|~=|>|<)\s*\d[^"'\n]{0,80})["']/g,
  ))
    requirement(versions, match[1]!)
  return versions
}

/** `4.5.0.dev0` counts as 4.5.0. */
function released(version: string): string {
  return version.replace(/\.?(dev|a|b|rc|post)\d*$/, '')
}

/** `__version__` of a library whose source lies in the project: `src/transformers/__init__.py`. */
export function packageVersions(name: string, text: string): Versions {
  const versions: Versions = {}
  const version = /^__version__\s*(?::\s*str\s*)?=\s*["'](\d[\w.]*)["']/m.exec(text)?.[1]
  if (version !== undefined) add(versions, name, { version: released(version), bound: 'pin' })
  return versions
}

function processorBuild(): Versions {
  const versions: Versions = {}
  add(versions, processorWheels, { version: '0', bound: 'pin' })
  return versions
}

/** The image listens: answers are given on processors also where the training beside it runs on an accelerator. */
const serves =
  /^[ \t]*(EXPOSE\b|(CMD|ENTRYPOINT)\b.*\b(uvicorn|gunicorn|hypercorn|waitress|streamlit|flask|fastapi|torchserve|bentoml)\b)/im

/** What a Dockerfile installs for the processor only, and the image that it builds on: the last `FROM` that names one; null where it builds on none that is known. */
export function dockerfileVersions(text: string): Versions {
  const stages = new Set<string>()
  let versions: Versions = {}
  const defaults = new Map<string, string>()
  for (const match of text.matchAll(
    /^[ \t]*(?:ARG[ \t]+(\w+)=["']?([^\s"']+)|FROM[ \t]+(?:--\S+[ \t]+)*(\S+)(?:[ \t]+AS[ \t]+(\S+))?)/gim,
  )) {
    const [, argument, value, image, stage] = match
    if (argument !== undefined) defaults.set(argument, value!)
    if (image === undefined) continue
    const written = image.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => defaults.get(name) ?? whole)
    if (!stages.has(image.toLowerCase())) versions = imageVersions(written)
    if (stage !== undefined) stages.add(stage.toLowerCase())
  }
  const installs = text
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n|&&|;/)
    .filter((command) => /\bpip3?\b.*\binstall\b.*\btorch\b/.test(command))
  const indexed = installs.length > 0 && installs.every((command) => processorIndex.test(command))
  const forProcessors = (indexed || processorVariable.test(text)) && !serves.test(text)
  if (forProcessors) versions = { ...versions, ...processorBuild() }
  return versions
}

/** PyTorch in NVIDIA's monthly images (release notes of NGC's PyTorch container). */
const ngcPyTorch: Record<string, string> = {
  '22.12': '1.14',
  '23.04': '2.1',
  '23.10': '2.1',
  '23.12': '2.2',
  '24.01': '2.2',
  '24.02': '2.3',
  '24.03': '2.3',
  '24.04': '2.3',
  '24.05': '2.4',
  '24.06': '2.4',
  '24.07': '2.4',
  '24.08': '2.5',
  '24.09': '2.5',
  '24.10': '2.5',
  '24.11': '2.6',
  '24.12': '2.6',
  '25.01': '2.6',
  '25.02': '2.7',
  '25.03': '2.7',
}

/** Tags that begin with the version of a library, by the end of the image's name. */
const images: [RegExp, string][] = [
  [/(^|\/)pytorch\/pytorch$/, 'torch'],
  [/(^|\/)mosaicml\/pytorch$/, 'torch'],
  [/(^|\/)(huggingface-)?pytorch-(training|inference)(-neuronx?)?$/, 'torch'],
  [/(^|\/)tensorflow\/tensorflow$/, 'tensorflow'],
  [/(^|\/)(huggingface-)?tensorflow-(training|inference)$/, 'tensorflow'],
  // SageMaker's before 2020.
  [/(^|\/)sagemaker-chainer$/, 'chainer'],
  [/(^|\/)sagemaker-pytorch$/, 'torch'],
  [/(^|\/)sagemaker-tensorflow(-scriptmode)?$/, 'tensorflow'],
  [/(^|\/)huggingface\/transformers[\w-]*$/, 'transformers'],
  [/(^|\/)rayproject\/ray(-ml)?$/, 'ray'],
]

/** A container image: `pytorch/pytorch:2.5.1-cuda12.4-cudnn9-devel`, `nvcr.io/nvidia/pytorch:24.05-py3`. */
export function imageVersions(image: string): Versions {
  const versions: Versions = {}
  const match = /^([\w./-]+?(?::\d+\/[\w./-]+)?):([\w][\w.-]*)(?:@.*)?$/.exec(image)
  if (match === null) return versions
  const [, name, tag] = match as unknown as [string, string, string]
  const month = /^(\d\d\.\d\d)-py3/.exec(tag)?.[1]
  if (/nvidia\/pytorch$/.test(name) && month !== undefined && Object.hasOwn(ngcPyTorch, month)) {
    add(versions, 'torch', { version: lookUp(ngcPyTorch, month)!, bound: 'pin' })
    return versions
  }
  const version = /^v?(\d+(?:\.\d+)+)(?=$|[-_])/.exec(tag)?.[1]
  const library = images.find(([pattern]) => pattern.test(name))?.[1]
  if (library !== undefined && version !== undefined) add(versions, library, { version, bound: 'pin' })
  const transformers = /-transformers(\d+(?:\.\d+)+)/.exec(tag)?.[1]
  if (transformers !== undefined) add(versions, 'transformers', { version: transformers, bound: 'pin' })
  return versions
}

/** Several sources in one; for each library the first pin wins, else the first bound. */
export function mergeVersions(...sources: Versions[]): Versions {
  const merged: Versions = {}
  for (const source of sources) {
    for (const [name, found] of Object.entries(source)) {
      if (!Object.hasOwn(merged, name) || found.bound === 'pin') add(merged, name, found)
    }
  }
  return merged
}

/**
 * Plain numbers for readers: pins and lower bounds. An exact pin also stands under the name with `==`, an upper bound
 * under the name with `<`, for readers that have to know what is certainly not newer.
 */
export function plainVersions(versions: Versions): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, { version, bound, below }] of Object.entries(versions)) {
    if (name === '__proto__') continue
    if (below !== undefined) define(plain, `${name}<`, below)
    if (bound === 'below') {
      define(plain, `${name}<`, version)
      continue
    }
    define(plain, name, version)
    if (bound === 'pin') define(plain, `${name}==`, version)
  }
  return plain
}

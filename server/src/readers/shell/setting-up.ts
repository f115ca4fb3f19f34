/** Commands that fetch, build or unpack what a program needs before it can start. */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import { splitCommands } from '../../config/shell-words.js'
import { mayBeDoneBefore } from './done-before.js'
import { isDoneAgain } from './kept-disk.js'

export type SettingUpKind = 'packages' | 'build' | 'download' | 'unpacking'

export interface SettingUp {
  command: ShellCommand
  kind: SettingUpKind
  /** As a message calls it: `pip install`, `aws s3 sync`. */
  what: string
}

/** Files that are there in a moment. */
const smallFile =
  /\.(json|jsonl|txt|py|sh|ya?ml|toml|cfg|ini|md|csv|conf|whl|deb|asc|gpg|key|pem|list|repo|rpm|run|jar)(\?.*)?["']?$/i
const localFolder = /TMPDIR|SCRATCH|\/local|\/dev\/shm|\/lscratch|\/raid|\/nvme|\/ssd/i

function texts(command: ShellCommand): string[] {
  return command.words.map((word) => word.text ?? word.outline ?? word.raw)
}

const base = (text: string) => text.slice(text.lastIndexOf('/') + 1)

/** Wrappers that only pass a command on. */
const wrappers = new Set(['sudo', 'srun', 'time', 'exec', 'nohup', 'timeout', 'env'])

export function settingUp(command: ShellCommand): Omit<SettingUp, 'command'> | null {
  return ownSettingUp(command) ?? quotedSettingUp(command)
}

/** `srun bash -c "pip install … && python train.py"`: what stands in quotes before its first program. */
export function quotedSettingUp(command: ShellCommand): Omit<SettingUp, 'command'> | null {
  const at = command.words.findIndex(({ text }) => text !== null && /^-l?c$/.test(text))
  const shell = base(command.words[at - 1]?.text ?? '')
  const quoted = command.words[at + 1]?.text
  if (at < 1 || !/^(ba|z)?sh$/.test(shell) || quoted == null || quoted.length > longestQuoted) return null
  for (const words of splitCommands(quoted, 0)) {
    const name = base(words[0]?.text ?? '')
    const found = ownSettingUp({ ...command, words })
    if (found !== null) return found
    if (/^(python[\d.]*|torchrun|accelerate|deepspeed)$/.test(name)) return null
  }
  return null
}

const longestQuoted = 5_000

function ownSettingUp(command: ShellCommand): Omit<SettingUp, 'command'> | null {
  let words = texts(command)
  for (let rounds = 0; rounds < 4 && wrappers.has(base(words[0] ?? '')); rounds++) {
    const next = words.findIndex((word, index) => index > 0 && !/^-|=|^\d+[smhd]?$/.test(word))
    if (next < 0) return null
    words = words.slice(next)
  }
  const name = base(words[0] ?? '')
  const rest = words.slice(1)
  const plain = rest.filter((word) => !word.startsWith('-'))
  return (
    packages(name, rest, plain) ??
    builds(name, rest, plain) ??
    downloads(name, rest, plain) ??
    unpacks(name, rest)
  )
}

function packages(name: string, rest: string[], plain: string[]): Omit<SettingUp, 'command'> | null {
  const pip =
    /^pip[\d.]*$/.test(name) && plain[0] === 'install'
      ? plain.slice(1)
      : /^python[\d.]*$/.test(name) && rest[0] === '-m' && rest[1] === 'pip' && rest[2] === 'install'
        ? plain.slice(2)
        : name === 'uv' && plain[0] === 'pip' && plain[1] === 'install'
          ? plain.slice(2)
          : null
  if (pip !== null) {
    // From wheels that are at hand, or the project itself.
    if (rest.some((word) => /^(--no-index|--no-deps|--find-links)/.test(word))) return null
    const editable = rest.some((word) => word === '-e' || word === '--editable')
    const named = pip.filter((word) => !/^(\.{1,2}\/?|\.\[.*\]|pip|setuptools|wheel|uv)$/.test(word))
    if (named.length === 0 || (editable && named.every((word) => /^[./$]/.test(word)))) return null
    const file = rest[rest.findIndex((word) => /^(-r|--requirement)$/.test(word)) + 1]
    const hasFile = rest.some((word) => /^(-r|--requirement)$/.test(word))
    return { kind: 'packages', what: hasFile ? `pip install -r ${file}` : `pip install ${shortened(named)}` }
  }
  if (/^(conda|mamba|micromamba)$/.test(name)) {
    const wanted =
      plain[0] === 'env'
        ? /^(create|update)$/.test(plain[1] ?? '')
        : /^(install|create)$/.test(plain[0] ?? '')
    return wanted
      ? { kind: 'packages', what: `${name} ${plain.slice(0, plain[0] === 'env' ? 2 : 1).join(' ')}` }
      : null
  }
  if (/^(apt|apt-get|yum|dnf|apk)$/.test(name)) {
    const verb = plain.find((word) => /^(install|add)$/.test(word))
    return verb === undefined ? null : { kind: 'packages', what: `${name} ${verb}` }
  }
  if (/^(poetry|pdm|pixi|pipenv)$/.test(name) && plain[0] === 'install')
    return { kind: 'packages', what: `${name} install` }
  if (/^(pipenv|rye)$/.test(name) && plain[0] === 'sync') return { kind: 'packages', what: `${name} sync` }
  // What a project asks for is installed before the program runs, if it is not there.
  if (name === 'uv' && plain[0] === 'run' && !rest.includes('--no-sync') && !rest.includes('--offline'))
    return { kind: 'packages', what: installsAndRuns }
  return name === 'uv' && plain[0] === 'sync' ? { kind: 'packages', what: 'uv sync' } : null
}

function shortened(names: string[]): string {
  return names.length <= 3 ? names.join(' ') : `${names.slice(0, 3).join(' ')} …`
}

function builds(name: string, rest: string[], plain: string[]): Omit<SettingUp, 'command'> | null {
  if (
    /^python[\d.]*$/.test(name) &&
    plain[0] === 'setup.py' &&
    /^(install|build|build_ext|develop|bdist_wheel)$/.test(plain[1] ?? '')
  )
    return { kind: 'build', what: `setup.py ${plain[1]}` }
  if (name === 'cmake' || (name === 'make' && !/^(train|run|test|clean|help|lint)/.test(plain[0] ?? '')))
    return { kind: 'build', what: name }
  return name === 'cargo' && rest[0] === 'build' ? { kind: 'build', what: 'cargo build' } : null
}

const isRemote = (word: string) => /^(s3|gs|https?|az|abfss?|hf):\/\//.test(word.replace(/^["']/, ''))

function downloads(name: string, rest: string[], plain: string[]): Omit<SettingUp, 'command'> | null {
  const found = (what: string) => ({ kind: 'download' as const, what })
  if (name === 'wget' || name === 'aria2c' || name === 'curl') {
    if (rest.some((word) => smallFile.test(word) || /ninja|awscli|mnist/i.test(word))) return null
    // An answer to a question, or a page, is no data set.
    if (name === 'curl' && !rest.some((word) => /^(-[a-zA-Z]*[oO]|--output|--remote-name)/.test(word)))
      return null
    const url = plain.find((word) => isRemote(word))
    if (
      url === undefined ||
      !/\.(zip|tar|t?gz|tgz|bz2|xz|7z|pt|pth|bin|ckpt|safetensors|h5|hdf5|npz|npy|parquet|mat|rar)\b/i.test(
        url,
      )
    )
      return null
    return found(`${name} ${base(url.replace(/\?.*$/, ''))}`)
  }
  const copies =
    (name === 'aws' && plain[0] === 's3' && /^(cp|sync)$/.test(plain[1] ?? '') && 2) ||
    (name === 'gsutil' && /^(cp|rsync)$/.test(plain[0] ?? '') && 1) ||
    (name === 'gcloud' && plain[0] === 'storage' && /^(cp|rsync)$/.test(plain[1] ?? '') && 2) ||
    (name === 's5cmd' && /^(cp|sync)$/.test(plain[0] ?? '') && 1) ||
    (name === 'azcopy' && /^(copy|cp|sync)$/.test(plain[0] ?? '') && 1) ||
    (name === 'rclone' && /^(copy|sync)$/.test(plain[0] ?? '') && 1)
  if (copies) {
    const [from, to] = plain.slice(copies)
    if (from === undefined || to === undefined || smallFile.test(from)) return null
    const into = name === 'rclone' ? /^\w+:/.test(to) : isRemote(to)
    return into ? null : found(`${name} ${plain.slice(0, copies).join(' ')}`)
  }
  if (name === 'gdown' && rest.length > 0) return found('gdown')
  if ((name === 'huggingface-cli' || name === 'hf') && plain[0] === 'download') {
    // One named file.
    return plain.length > 2 && smallFile.test(plain.at(-1)!)
      ? null
      : found(`${name} download ${plain[1] ?? ''}`.trim())
  }
  if (
    name === 'kaggle' &&
    /^(datasets|competitions|models)$/.test(plain[0] ?? '') &&
    plain.includes('download')
  )
    return found(`kaggle ${plain[0]} download`)
  if (name === 'git' && plain[0] === 'lfs' && /^(pull|clone|fetch)$/.test(plain[1] ?? ''))
    return found(`git lfs ${plain[1]}`)
  return null
}

function unpacks(name: string, rest: string[]): Omit<SettingUp, 'command'> | null {
  // To a disk of the machine itself: that is what such disks are for.
  if (rest.some((word) => localFolder.test(word))) return null
  if (name === 'unzip') return { kind: 'unpacking', what: 'unzip' }
  if (name === 'tar' && /^(-?[a-zA-Z]*x[a-zA-Z]*|--extract)$/.test(rest[0] ?? ''))
    return { kind: 'unpacking', what: 'tar' }
  return null
}

/** Those of a script that does nothing else. */
export function settingUpIn(facts: ShellFacts): SettingUp[] {
  return facts.commands.flatMap((command) => {
    if (command.unreachable || command.background) return []
    const found = settingUp(command)
    return found === null || mayBeDoneBefore(command) ? [] : [{ command, ...found }]
  })
}

/**
 * Those before the first program, which starts at `first`; `text` as in the facts, null where it is not at hand. `keepsDisk`: the job runs on a file
 * system that outlives it, so only what is done again there counts. `syncedBefore`: a phase before ran `uv sync`.
 */
export function settingUpOf(
  facts: ShellFacts,
  first: number | undefined,
  text: string | null,
  keepsDisk: boolean,
  syncedBefore = false,
): SettingUp[] {
  if (first === undefined) return []
  const found = facts.commands.flatMap((command) => {
    const quotes = command.words.some(({ text }) => text !== null && /^-l?c$/.test(text))
    const runs = command.start === first && (quotes || base(texts(command)[0] ?? '') === 'uv')
    if (command.unreachable || command.background || (command.start >= first && !runs)) return []
    const found = settingUp(command)
    if (found === null || mayBeDoneBefore(command)) return []
    const one = { command, ...found }
    return keepsDisk && !isDoneAgain(one, facts, text) ? [] : [one]
  })
  const synced = syncedBefore || found.some(({ what }) => what === 'uv sync')
  return synced ? found.filter(({ what }) => what !== installsAndRuns) : found
}

/** It installs what is missing: nothing, after a `uv sync`. */
const installsAndRuns = 'uv run'

/** A phase before has installed what `uv run` would. */
export function syncs(facts: ShellFacts): boolean {
  return settingUpIn(facts).some(({ what }) => what === 'uv sync')
}

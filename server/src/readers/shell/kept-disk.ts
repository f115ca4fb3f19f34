/**
 * What a job of a cluster with a shared file system finds again at its next start: packages in an environment that stays,
 * copies that a tool keeps. Only what is not found again is done at every start.
 */
import type { ShellCommand, ShellFacts } from '../../config/shell-facts.js'
import type { SettingUp } from './setting-up.js'

/** Folders that end with the job. */
const passing = /TMPDIR|^["']?\/tmp\b|\/dev\/shm|\/lscratch|\/localscratch|\/local\b|\/raid|\/nvme|mktemp/
const base = (text: string) => text.slice(text.lastIndexOf('/') + 1)

const words = (command: ShellCommand): string[] =>
  command.words.map((word) => word.text ?? word.outline ?? word.raw)

/** As it is written, with the variables that the script sets in place of their names. */
function spelled(raw: string, text: string | null): string {
  let found = raw
  for (let rounds = 0; rounds < 3 && text !== null; rounds++) {
    const name = /\$\{?(\w+)/.exec(found)?.[1]
    const given =
      name === undefined ? null : new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}=(.*)$`, 'm').exec(text)
    if (name === undefined || given === null) break
    found = found.replace(new RegExp(`\\$\\{?${name}\\}?`), given[1]!.replace(/["']/g, ''))
  }
  return found
}

/** Each start of a container begins with what its image holds. */
function inContainer(facts: ShellFacts): boolean {
  return (
    facts.directives.some(({ name }) => name.startsWith('container')) ||
    facts.commands.some(
      (command) =>
        /^(docker|podman|enroot|nerdctl)$/.test(base(words(command)[0] ?? '')) ||
        command.words.some(({ raw }) => raw.startsWith('--container-image')),
    )
  )
}

/** The environment that packages go into is made by the job itself, on a disk that ends with it or from nothing. */
function isNewEnvironment(facts: ShellFacts, until: number, text: string | null): boolean {
  const removed = new Set<string>()
  for (const command of facts.commands) {
    if (command.start >= until) break
    // Made once: `[ -d env ] || python -m venv env`.
    if (command.guards !== undefined) continue
    const all = words(command)
    const [name = '', ...rest] = all
    if (name === 'rm') for (const one of command.words.slice(1)) removed.add(one.raw)
    if (/^(conda|mamba|micromamba)$/.test(base(name)) && rest.includes('create')) return true
    const makes =
      /^virtualenv/.test(base(name)) ||
      (/^python[\d.]*$/.test(base(name)) && rest[0] === '-m' && /^(venv|virtualenv)$/.test(rest[1] ?? '')) ||
      (name === 'uv' && rest[0] === 'venv')
    const enters = name === 'source' || name === '.'
    if (!makes && !enters) continue
    if (makes && rest.includes('--clear')) return true
    if (command.words.slice(1).some(({ raw }) => removed.has(raw) || passing.test(spelled(raw, text))))
      return true
  }
  return facts.commands.some((command) =>
    command.environment.some(
      ({ name, value }) => name === 'UV_PROJECT_ENVIRONMENT' && value !== null && passing.test(value),
    ),
  )
}

/** On a file system that outlives the job. `text`: the script, null where it is not at hand. */
export function isDoneAgain({ command, kind }: SettingUp, facts: ShellFacts, text: string | null): boolean {
  const all = words(command)
  const has = (pattern: RegExp) => all.some((word) => pattern.test(word))
  const tool = all.map(base).find((word) => !/^(sudo|srun|time|exec|nohup|timeout|env)$/.test(word)) ?? ''
  if (inContainer(facts)) return true
  if (kind === 'packages') {
    if (/^(apt|apt-get|yum|dnf|apk)$/.test(tool)) return true
    // What is asked for is solved again, also where all of it is there.
    if (/^(conda|mamba|micromamba)$/.test(tool)) return true
    if (has(/^(--force-reinstall|--ignore-installed|-I)$|git\+/)) return true
    return (
      command.words.some(({ raw }) => passing.test(spelled(raw, text))) ||
      isNewEnvironment(facts, command.start, text)
    )
  }
  // What is there is not built again, `install` copies it once more.
  if (kind === 'build') return all.includes('install') || all.includes('bdist_wheel')
  if (kind === 'unpacking') return true
  if (/^(wget|aria2c)$/.test(tool))
    return !has(/^(-[a-zA-Z]*[cN]|-nc|--continue|--no-clobber|--timestamping)$/)
  if (/^(huggingface-cli|hf|kaggle)$/.test(tool)) return has(/^--force/)
  if (tool === 'git') return facts.commands.some((one) => words(one).slice(0, 2).join(' ') === 'git clone')
  return true
}

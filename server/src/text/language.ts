/** Which language a file is in, by its name and, where the name says nothing, by its first line. */
import { lookUp } from './records.js'
import { isSnakefile } from './snakefile.js'
import type { Language } from './source-fragment.js'

export type FileKind = Language | 'notebook' | 'makefile' | 'snakefile'

const byExtension: Record<string, FileKind> = {
  py: 'python',
  ipynb: 'notebook',
  yaml: 'yaml',
  yml: 'yaml',
  json: 'json',
  jsonc: 'json',
  toml: 'toml',
  ini: 'ini',
  tf: 'hcl',
  hcl: 'hcl',
  tfvars: 'hcl',
  sh: 'shell',
  bash: 'shell',
  slurm: 'shell',
  sbatch: 'shell',
  pbs: 'shell',
  lsf: 'shell',
  dockerfile: 'dockerfile',
  mk: 'makefile',
  smk: 'snakefile',
}

/** Extensions of batch scripts, and of templates of start scripts, that other programs use too: the first line decides. */
const undecided = new Set(['', 'job', 'sub', 'batch', 'bsub', 'qsub', 'cmd', 'tpl', 'tftpl'])

/** Extensions of settings, in whichever format a program loads them. */
const settings = new Set(['cfg', 'conf', 'config'])

/** The first line that says something tells the format. */
function bySettings(beginning: string): Language | undefined {
  const line = /^(?:[ \t]*(?:[#;][^\n]*)?\r?\n)*[ \t]*(\S[^\n]*)/.exec(`${beginning}\n`)?.[1]?.trimEnd() ?? ''
  if (/^[\w.-]+[ \t]*:([ \t]|$)/.test(line) || line === '---') return 'yaml'
  if (/^\[[^\]]+\]$/.test(line)) return 'ini'
  return line.startsWith('{') && /^\s*\{\s*"/.test(beginning) ? 'json' : undefined
}

/** Extensions of HTCondor's submit files. */
const submitted = new Set(['job', 'sub', 'submit', 'condor', 'htc', 'jdl'])

/** The beginning of a text tells a submit file from what else has its extension. */
function looksLikeSubmitFile(beginning: string): boolean {
  return /^[ \t]*(executable|universe)[ \t]*=/im.test(beginning)
}

/** Variables that a script reads in: `train.env`, `.env.prod`. */
export function isVariablesFile(path: string): boolean {
  return /(^|\/)(\.env(rc|[.-][\w.-]+)?|[\w.-]+\.env)$/i.test(path)
}

/** Extensions of templates, behind that of what they make: `job.yaml.j2`, `train.sbatch.tpl`. */
const template = /\.(?:j2|jinja2?|tpl|tmpl|tftpl|template|in)$/

/** Its name says what becomes of it once a program has filled it in. */
export function isTemplate(path: string): boolean {
  return template.test(path.toLowerCase()) && languageOf(path.slice(0, path.lastIndexOf('.'))) !== undefined
}

/** What is read around the places that a template fills in. */
const filledIn = new Set<FileKind>(['yaml', 'shell', 'hcl', 'dockerfile'])

/** Undefined: not a file that CostLint reads. `firstLine` may be any beginning of the text. */
export function languageOf(path: string, firstLine = ''): FileKind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  if (/^(dockerfile|containerfile)([._-]|$)/.test(name)) return 'dockerfile'
  if (/^requirements.*\.(txt|in)$/.test(name) || /(^|\/)requirements\/[^/]+\.(txt|in)$/i.test(path)) {
    return 'requirements'
  }
  // MLflow's project file is YAML without an extension; Pipenv's is TOML.
  if (/^readme([._-].*)?\.(md|markdown)$/.test(name)) return 'markdown'
  if (name === 'mlproject') return 'yaml'
  if (name === 'pipfile') return 'toml'
  if (name === '.torchxconfig') return 'ini'
  if (name === 'makefile' || name === 'gnumakefile') return 'makefile'
  if (isVariablesFile(path)) return 'shell'
  const dot = name.lastIndexOf('.')
  const extension = dot <= 0 ? '' : name.slice(dot + 1)
  const known = lookUp(byExtension, extension)
  if (known !== undefined) return known
  const made = template.test(name) ? languageOf(path.slice(0, path.lastIndexOf('.')), firstLine) : undefined
  if (made !== undefined && filledIn.has(made)) return made
  if (isSnakefile(name)) return 'snakefile'
  if (submitted.has(extension) && looksLikeSubmitFile(firstLine)) return 'ini'
  if (settings.has(extension)) return bySettings(firstLine)
  return undecided.has(extension) ? byShebang(firstLine) : undefined
}

function byShebang(firstLine: string): Language | undefined {
  const line = /^\ufeff?#![ \t]*([^\r\n]{0,200})/.exec(firstLine)?.[1]
  if (line === undefined) return undefined
  const words = line.split(/[ \t]+/)
  let program = basename(words[0] ?? '')
  if (program === 'env') {
    // `env -S bash -e`, `env VAR=1 bash`
    program = basename(words.slice(1).find((word) => !word.startsWith('-') && !word.includes('=')) ?? '')
  }
  if (/^(sh|bash|dash|ksh|zsh)$/.test(program)) return 'shell'
  return /^python[0-9.]*$/.test(program) ? 'python' : undefined
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** `#SBATCH`, `#PBS` and `#BSUB` lines of a batch script. */
import { lookUp } from '../text/records.js'
import type { Directive } from './shell-facts.js'
import { filler } from './template.js'

/** Short options of sbatch and their long forms (sbatch manual, Slurm 24). */
export const sbatchLong: Readonly<Record<string, string>> = {
  A: 'account',
  a: 'array',
  B: 'extra-node-info',
  b: 'begin',
  C: 'constraint',
  c: 'cpus-per-task',
  D: 'chdir',
  d: 'dependency',
  e: 'error',
  F: 'nodefile',
  G: 'gpus',
  H: 'hold',
  h: 'help',
  I: 'immediate',
  i: 'input',
  J: 'job-name',
  k: 'no-kill',
  L: 'licenses',
  M: 'clusters',
  m: 'distribution',
  N: 'nodes',
  n: 'ntasks',
  O: 'overcommit',
  o: 'output',
  p: 'partition',
  Q: 'quiet',
  q: 'qos',
  S: 'core-spec',
  s: 'oversubscribe',
  t: 'time',
  V: 'version',
  v: 'verbose',
  W: 'wait',
  w: 'nodelist',
  x: 'exclude',
}

/** Options of sbatch that take no value as the next word (some take one after `=`). */
export const sbatchFlags: ReadonlySet<string> = new Set([
  'contiguous',
  'exclusive',
  'get-user-env',
  'help',
  'hold',
  'ignore-pbs',
  'nice',
  'no-kill',
  'no-requeue',
  'overcommit',
  'oversubscribe',
  'parsable',
  'propagate',
  'quiet',
  'reboot',
  'requeue',
  'spread-job',
  'stepmgr',
  'test-only',
  'usage',
  'use-min-nodes',
  'verbose',
  'version',
  'wait',
])

const flagsOf: Record<Directive['scheduler'], ReadonlySet<string>> = {
  SBATCH: sbatchFlags,
  PBS: new Set(['V', 'I', 'X', 'f', 'z', 'h']),
  SGE: new Set(['V', 'cwd', 'notify', 'terse', 'verify', 'hard', 'soft', 'clear']),
  BSUB: new Set(['B', 'H', 'I', 'Ip', 'Is', 'K', 'N', 'r', 'rn', 'x', 'XF', 'Ne']),
}

interface Token {
  start: number
  end: number
}

/**
 * The directives of a script, in order. Schedulers read the comments before the first command only; a directive that
 * is commented out (`##SBATCH`) is none, and a `#` behind the options begins a comment.
 */
export function directives(text: string): Directive[] {
  const found: Directive[] = []
  let position = 0
  while (position < text.length) {
    let end = text.indexOf('\n', position)
    if (end === -1) end = text.length
    const first = text[position] === '\uFEFF' ? position + 1 : position
    const line = text.slice(first, end)
    if (line.trim() !== '' && !/^\s*#/.test(line)) break
    // Grid Engine: `#$ -l gpu=1`.
    const match = /^#(SBATCH|PBS|BSUB)(?=\s)/.exec(line) ?? /^#(\$)(?=[ \t]*-[a-zA-Z])/.exec(line)
    if (match !== null) {
      const scheduler = match[1] === '$' ? 'SGE' : (match[1] as Directive['scheduler'])
      read(text, scheduler, tokens(text, first + match[0].length, end), found)
    }
    position = end + 1
  }
  return found
}

/** Words of a line; quotes keep blanks together, a word that begins with `#` ends the line. */
function tokens(text: string, start: number, end: number): Token[] {
  const found: Token[] = []
  let position = start
  while (position < end) {
    if (/\s/.test(text[position]!)) {
      position++
      continue
    }
    if (text[position] === '#') break
    const from = position
    let quote = ''
    while (position < end && (quote !== '' || !/\s/.test(text[position]!))) {
      const char = text[position]!
      if (quote === '') {
        if (char === '"' || char === "'") quote = char
      } else if (char === quote) quote = ''
      position++
    }
    // A quote that is never closed holds what is left of the line, trailing blanks aside.
    let to = position
    while (to > from && /\s/.test(text[to - 1]!)) to--
    found.push({ start: from, end: to })
  }
  return found
}

function read(text: string, scheduler: Directive['scheduler'], words: Token[], found: Directive[]): void {
  const add = (name: string, start: number, end: number, value: Token | null) => {
    const written =
      value === null ? null : text.slice(value.start, value.end).replace(/^(["'])([\s\S]*)\1$/, '$2')
    found.push({
      scheduler,
      name,
      value: written?.includes(filler) ? null : written,
      start,
      end,
      valueStart: value?.start ?? end,
      valueEnd: value?.end ?? end,
    })
  }
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const source = text.slice(word.start, word.end)
    const next = words[index + 1]
    const follows = next !== undefined && text[next.start] !== '-' ? next : null
    const long = /^--([A-Za-z][\w-]*)(=?)/.exec(source)
    if (long !== null && scheduler === 'SBATCH') {
      const name = long[1]!
      if (long[2] === '=')
        add(name, word.start, word.end, { start: word.start + long[0].length, end: word.end })
      else if (sbatchFlags.has(name) || follows === null) add(name, word.start, word.end, null)
      else {
        add(name, word.start, follows.end, follows)
        index++
      }
      continue
    }
    // Options of LSF and Grid Engine may be words (`-gpu`) and stand apart from their values.
    const short = (scheduler === 'BSUB' || scheduler === 'SGE' ? /^-([A-Za-z]\w*)/ : /^-([A-Za-z])/).exec(
      source,
    )
    if (short === null) continue
    const name = (scheduler === 'SBATCH' ? lookUp(sbatchLong, short[1]!) : undefined) ?? short[1]!
    let value: Token | null = null
    if (source.length > short[0].length) value = { start: word.start + short[0].length, end: word.end }
    else if (!flagsOf[scheduler].has(name) && follows !== null) {
      value = follows
      index++
    }
    if (value !== null && text[value.start] === '=') value.start++
    if ((scheduler === 'PBS' || scheduler === 'SGE') && name === 'l' && value !== null) {
      for (const one of resources(text, value)) add(one.name, word.start, value.end, one.value)
    } else add(name, word.start, value?.end ?? word.end, value)
  }
}

/** `select=1:ngpus=2,walltime=01:00:00`: one entry for each resource at the top. */
function resources(text: string, list: Token): { name: string; value: Token | null }[] {
  const found: { name: string; value: Token | null }[] = []
  let start = list.start
  while (start < list.end) {
    let end = text.indexOf(',', start)
    if (end === -1 || end > list.end) end = list.end
    const equals = text.indexOf('=', start)
    if (equals !== -1 && equals < end) {
      found.push({ name: text.slice(start, equals), value: { start: equals + 1, end } })
    } else found.push({ name: text.slice(start, end), value: null })
    start = end + 1
  }
  return found
}

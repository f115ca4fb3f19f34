/**
 * Commands that run every step of a pipeline again, whatever has changed. Sources: dvc.org, "repro", "exp run"; Snakemake 8, command line
 * ("forceall"); GNU Make 4.4, "Summary of Options"; Flyte, `pyflyte run`; Ploomber 0.23, `ploomber build`; pytask 0.5, command line; doit 0.36.
 */
import type { ShellCommand, ShellWord } from '../../config/shell-facts.js'
import type { Change, Refusal } from '../../edit/write.js'
import type { Claim, Evidence } from '../../workload/claim.js'
import { commandsAnywhere } from '../command-lines/commands-anywhere.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { workOfName } from './step-work.js'

const evidence: Evidence = { role: 'job', accelerator: 'none', small: null, notebook: false }

interface Engine {
  name: string
  program: string
  /** Words behind the program, one of which has to be given; none: it needs no such word. */
  verbs: readonly string[]
  force: RegExp
  /** Switches with which it runs nothing, or not all that stands before a target. */
  not: RegExp
  /** What is named besides: a single stage, run again on purpose; anything; or something that trains, where the tool builds all kinds of things. */
  target: 'on purpose' | 'any' | 'trains'
}

const engines: readonly Engine[] = [
  {
    name: 'DVC',
    program: 'dvc',
    verbs: ['repro', 'exp run'],
    force: /^(-f|--force)$/,
    not: /^(-s|--single-item|--dry)$/,
    target: 'on purpose',
  },
  {
    name: 'Snakemake',
    program: 'snakemake',
    verbs: [],
    force: /^(-F|--forceall)$/,
    not: /^(-n|--dry-?run|-t|--touch|--lint|--unlock|--dag|--rulegraph|--filegraph|--d3dag|-S|--summary|-D|--detailed-summary|--archive|--containerize|--report)$/,
    target: 'any',
  },
  {
    name: 'Make',
    program: 'make',
    verbs: [],
    force: /^(-B|--always-make)$/,
    not: /^(-\w*n|--dry-run|--just-print|--recon|-q|--question|-t|--touch)$/,
    target: 'trains',
  },
  {
    name: 'Flyte',
    program: 'pyflyte',
    verbs: ['run'],
    force: /^--overwrite-cache$/,
    not: /^--help$/,
    target: 'any',
  },
  {
    name: 'Ploomber',
    program: 'ploomber',
    verbs: ['build'],
    force: /^(-f|--force)$/,
    not: /^(-p|--partially|--help)$/,
    target: 'any',
  },
  {
    name: 'pytask',
    program: 'pytask',
    verbs: [],
    force: /^(-f|--force)$/,
    not: /^(--dry-run|--explain|-k|-m|clean|collect|dag|live|markers|profile)$/,
    target: 'any',
  },
  {
    name: 'doit',
    program: 'doit',
    verbs: [],
    force: /^(-a|--always-execute)$/,
    not: /^(-s|--single|clean|dumpdb|forget|help|ignore|info|list|reset-dep|strace|tabcompletion)$/,
    target: 'any',
  },
]

const programs = engines.map(({ program }) => program).join('|')
const switches = '-f|--force|-F|--forceall|-B|--always-make|--overwrite-cache|-a|--always-execute'
const mentions = new RegExp(`\\b(?:${programs})\\b[^]*\\s(?:${switches})(?![\\w-])`)
const mostBefore = 4
/** What stands before the name of a program that is not started: `pip install pytask -f https://…`. */
const notStarting =
  /^(install|uninstall|add|remove|upgrade|update|inject|echo|printf|man|which|type|pkill|killall|pgrep|grep|rm)$/

export const forcedRunsReader = defineReader({
  name: 'forced-runs',
  languages: ['shell', 'yaml', 'python'],
  triggers: [
    'dvc repro',
    'dvc exp run',
    '"repro"',
    "'repro'",
    'snakemake',
    'make -B',
    '--always-make',
    '--overwrite-cache',
    'ploomber build',
    'pytask',
    'doit',
  ],
  read(facts, context, claims) {
    for (const { command, shown } of commandsAnywhere(facts, context, (one) => mentions.test(one))) {
      const forced = forcedBy(command)
      if (forced === null) continue
      const { engine, word } = forced
      const place = shown ?? { start: word.start, end: word.end }
      const step = claims.subject('Step', place, engine.program, evidence)
      step.known('engine', engine.program, engine.name, place)
      step.known('unit', engine.program, 'task', place)
      step.known('allSteps', engine.program, [], place)
      step.known('cached', word.text!, false, place)
    }
  },
  change: withoutForce,
})

/** The switch of a run of the whole pipeline; null: there is none. */
function forcedBy(command: ShellCommand): { engine: Engine; word: ShellWord } | null {
  for (const engine of engines) {
    const used = wordsBehind(command, engine.program, engine.verbs)
    if (used === null) continue
    const word = used.find(({ text }) => text !== null && engine.force.test(text))
    if (word === undefined || used.some(({ text }) => engine.not.test(text ?? ''))) return null
    const named = used.filter(({ text }) => text === null || !text.startsWith('-'))
    if (engine.target === 'on purpose' && named.length > 0) return null
    const trains = ({ text }: ShellWord) =>
      /(^|[^a-z])models?$/.test(text ?? '') ||
      workOfName(text ?? '').some((work) => work === 'train' || work === 'tune')
    if (engine.target === 'trains' && !named.some(trains)) return null
    return { engine, word }
  }
  return null
}

/** The words behind `dvc repro`, also in `srun uv run dvc repro`; null: it is another command. */
export function wordsBehind(
  { words }: ShellCommand,
  program: string,
  verbs: readonly string[],
): ShellWord[] | null {
  const at = words.findIndex(({ text }) => text === program || text?.endsWith(`/${program}`) === true)
  if (at < 0 || at > mostBefore) return null
  if (words.slice(0, at).some(({ text }) => notStarting.test(text ?? ''))) return null
  const rest = words.slice(at + 1)
  if (verbs.length === 0) return rest
  for (const verb of verbs) {
    const wanted = verb.split(' ')
    if (wanted.every((one, index) => rest[index]?.text === one)) return rest.slice(wanted.length)
  }
  return null
}

const command = `\\b(?:${programs})\\b[^\\n|&;]*?`

function withoutForce({ site, key }: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  // With the blank before it; a text of YAML holds the whole command, and may hold others that are meant.
  const from = site.start - 1
  const written = facts.fragment.text.slice(from, site.end)
  const own = /^()(\s-{1,2}[\w-]+)$/.exec(written)
  const [found, ...others] =
    own === null ? [...written.matchAll(new RegExp(`(${command})(\\s${key})(?![\\w-])`, 'g'))] : [own]
  if (found === undefined) return { reason: 'the switch stands in what puts the command together' }
  if (others.length > 0) return { reason: 'several commands of the step have the switch' }
  const start = from + found.index + found[1]!.length
  return {
    title: 'Run only the steps whose inputs have changed',
    safety: 'unsafe',
    writes: [
      {
        kind: 'replace text',
        path: facts.path,
        fragment: site.fragment,
        start,
        end: start + found[2]!.length,
        text: '',
      },
    ],
    imports: [],
  }
}

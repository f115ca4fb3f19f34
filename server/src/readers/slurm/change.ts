/** How SLURM spells a change of a request: a directive of the batch script, or an option of `srun`. */
import type { Change, Refusal, ShellWrite } from '../../edit/write.js'
import { effective } from '../../values/value.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { namesGpus, withoutLines } from './directive-lines.js'
import { directive, directiveNumber, gpuRequest, nodesOf } from './job.js'

/** Claims about an `srun` that asks by itself are about its options, all others about directives. */
export function changeJob(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  if (claim.setting === 'timeLimit' && typeof value === 'number') {
    const hours = Math.floor(value / 3600)
    const two = (seconds: number) => String(seconds).padStart(2, '0')
    const text = `${two(hours)}:${two(Math.floor((value % 3600) / 60))}:${two(value % 60)}`
    return write(claim, facts, `End the job after ${hours} hours: --time=${text}`, 'time', text)
  }
  if (claim.setting === 'unaskedCores')
    return write(
      claim,
      facts,
      `Ask for ${value} cores: --cpus-per-task=${value}`,
      'cpus-per-task',
      String(value),
    )
  if (claim.setting === 'cpus' && typeof value === 'number') return moreCores(claim, value, facts)
  if (claim.setting === 'gpus' && typeof value === 'number' && value > 0)
    return fewerGpus(claim, value, facts)
  if (claim.setting === 'gpus' && value === 0 && claim.site.target === undefined) return noGpus(facts)
  if (claim.setting === 'nodes' && claim.site.target === undefined)
    return write(claim, facts, `Request ${value} node: --nodes=${value}`, 'nodes', String(value))
  if (claim.setting === 'processes' && claim.site.target?.kind === 'option') {
    const { fragment, start, end, target } = claim.site
    const processes = `${value} process${value === 1 ? '' : 'es'}`
    if (target.part === 'behind')
      return write(
        claim,
        facts,
        `Start ${processes}: --nproc_per_node=${value}`,
        'nproc_per_node',
        String(value),
      )
    // In a text that another shell runs, the place is that of the whole text.
    if (/\s/.test(facts.fragment.text.slice(start, end).trim()))
      return { reason: `the number stands in a text that another shell runs: make it ${value} there` }
    const written = facts.fragment.text.slice(start, end)
    const variable = /^"?\$\{?(\w+)\}?"?$/.exec(written)?.[1]
    const set = variable === undefined ? null : onlyNumber(facts.fragment.text, variable, effective(claim))
    if (variable !== undefined && set === null)
      return { reason: `it is $${variable}: change it where that is set` }
    const place = set ?? { start, end }
    const one: ShellWrite = { kind: 'replace text', fragment, ...place, text: String(value) }
    const title = `Start ${processes}: ${set === null ? `${claim.key} ` : `${variable}=`}${value}`
    const writes = [one, ...(value === 1 ? withoutMultiGpu(facts, start) : [])]
    return {
      title,
      safety: 'unsafe',
      writes: writes.map((each) => ({ ...each, path: facts.path })),
      imports: [],
    }
  }
  if (claim.setting === 'exclusive' && value === false && claim.site.target === undefined) {
    const memory = directive(facts.shell?.directives ?? [], 'mem')
    if (/^0+[KMGT]?$/i.test(memory?.value ?? ''))
      return {
        reason: `--mem=${memory?.value} takes all memory of the node: ask for what the job needs, and share the node`,
      }
    return removeLine(claim, facts, `Share the node: remove ${claim.key}`)
  }
  return byHand(claim)
}

/** Accelerate refuses `--multi_gpu` with one process. */
function withoutMultiGpu({ shell, fragment }: FragmentFacts, offset: number): ShellWrite[] {
  const words = shell?.commands.find(({ start, end }) => start <= offset && offset < end)?.words ?? []
  const at = words.findIndex(({ text }) => /^--multi[-_]gpu$/.test(text ?? ''))
  const [word, next] = [words[at], words[at + 1]]
  return word === undefined || next === undefined
    ? []
    : [{ kind: 'replace text', fragment: fragment.index, start: word.start, end: next.start, text: '' }]
}

/** Where the script gives the variable this number, and nothing else does; null: nowhere, or in several places. */
function onlyNumber(text: string, variable: string, value: unknown): { start: number; end: number } | null {
  const [set, another] = [...text.matchAll(new RegExp(`(?<![\\w$])${variable}=`, 'g'))]
  const number = set === undefined ? null : /^\d+(?=\s|;|$)/.exec(text.slice(set.index + set[0].length))
  if (set === undefined || another !== undefined || number === null || Number(number[0]) !== value)
    return null
  const start = set.index + set[0].length
  return { start, end: start + number[0].length }
}

function removeLine(claim: Claim, facts: FragmentFacts, title: string): Change | Refusal {
  return withoutLines(facts, 'SBATCH', [claim.site], title)
}

/** All that asks for GPUs, and the partition that is named after them: the one that the cluster takes by default remains. */
function noGpus(facts: FragmentFacts): Change | Refusal {
  const all = facts.shell?.directives ?? []
  const perGpu = all.find(({ name }) => /^(cpus|mem|ntasks)-per-gpu$/.test(name))
  if (perGpu !== undefined)
    return { reason: `--${perGpu.name} counts for each GPU: ask for cores and memory without it` }
  const gres = directive(all, 'gres')?.value
  if (gres?.includes(',') === true) return { reason: `--gres=${gres} asks for more than GPUs` }
  const lines = all.filter(
    ({ name, value }) =>
      /^(gres|gpus(-per-(node|task|socket))?|gpu-(bind|freq))$/.test(name) ||
      (/^(partition|constraint)$/.test(name) && namesGpus(value)),
  )
  const named = [...new Set(lines.map(({ name }) => `--${name}`))].join(', ')
  return withoutLines(facts, 'SBATCH', lines, `Ask for no GPU: remove ${named}`)
}

/** `--cpus-per-task` and `--cpus-per-gpu` count for one of several. */
function moreCores(claim: Claim, cores: number, facts: FragmentFacts): Change | Refusal {
  const name = claim.key.replace(/^--/, '')
  const written = directiveNumber(facts.shell?.directives ?? [], name)
  const all = effective(claim)
  if (claim.site.target !== undefined || written == null || typeof all !== 'number') return byHand(claim)
  const each = Math.ceil((cores * written) / all)
  return write(claim, facts, `Ask for ${cores} cores: ${claim.key}=${each}`, name, String(each))
}

const asked = (count: number) => `Request ${count === 1 ? 'one GPU' : `${count} GPUs`}`

function fewerGpus(claim: Claim, count: number, facts: FragmentFacts): Change | Refusal {
  const unreadable = { reason: 'the request for GPUs is not readable' }
  // What the option would be for one GPU ends in that one, or has other kinds behind it.
  const several = (single: string) => single.replace(/(gpu(?::[\w-]+)?:|^(?:[\w-]+:)?)1(?=,|$)/, `$1${count}`)
  const { target } = claim.site
  if (target?.kind === 'option') {
    const match = /^--([\w-]+)=(.*)$/.exec(target.forOne ?? '')
    return match === null
      ? unreadable
      : write(
          claim,
          facts,
          `${asked(count)}: --${match[1]}=${several(match[2]!)}`,
          match[1]!,
          several(match[2]!),
        )
  }
  const wanted = facts.shell === undefined ? null : gpuRequest(facts.shell.directives)
  if (wanted === null || wanted.single === '') return unreadable
  if (wanted.directive.name === 'gpus' && nodesOf(facts.shell!.directives) !== 1) {
    return { reason: '--gpus counts over all nodes' }
  }
  const { name } = wanted.directive
  const all = facts.shell!.directives
  const whole = all.filter(({ name: one, value: of }) => one === 'exclusive' || (one === 'mem' && of === '0'))
  // Without the whole node it has the cores that it asks for, and their share of the memory.
  const divided = all.some(({ name: one }) => /^cpus-per-(task|gpu)$/.test(one))
  if (
    whole.some(({ name: one, value: of }) => one === 'mem' || of !== null) ||
    (whole.length > 0 && !divided)
  )
    return { reason: 'the job takes the whole node: ask for a share of its memory and cores too' }
  if (count > 1 && name === 'gpus-per-task') return { reason: '--gpus-per-task counts for each task' }
  const value = several(wanted.single)
  const title = `${asked(count)}: --${name}=${value}`
  const change = write(claim, facts, title, name, value)
  if (whole.length === 0) return change
  const shared = withoutLines(facts, 'SBATCH', whole, `${title}; share the node: remove --exclusive`)
  return 'reason' in shared ? shared : { ...shared, writes: [...change.writes, ...shared.writes] }
}

function write(claim: Claim, facts: FragmentFacts, title: string, name: string, value: string): Change {
  const { fragment, start, end, target } = claim.site
  let one: ShellWrite
  if (target?.kind !== 'option') one = { kind: 'set directive', fragment, scheduler: 'SBATCH', name, value }
  else {
    const space = target.part === 'behind' ? ' ' : ''
    one = { kind: 'replace text', fragment, start, end, text: `${space}--${name}=${value}` }
  }
  return { title, safety: 'unsafe', writes: [{ ...one, path: facts.path }], imports: [] }
}

/** How SLURM spells a change of a request: a directive of the batch script, or an option of `srun`. */
import type { Change, Refusal, ShellWrite } from '../../edit/write.js'
import type { Claim } from '../../workload/claim.js'
import type { UnitFacts } from '../reader.js'
import { gpuRequest, nodesOf } from './job.js'

/** Anchors of claims about an `srun` that asks by itself: the new option goes behind this place, or replaces it. */
export const behind = 'behind'
const replaces = 'replaces:'
/** `option`: what the option would be for one GPU, where the claim is about GPUs. */
export const replaced = (option: string): string => `${replaces}${option}`

export function changeJob(claim: Claim, value: unknown, facts: UnitFacts): Change | Refusal {
  if (claim.setting === 'timeLimit' && typeof value === 'number') {
    const hours = Math.floor(value / 3600)
    const two = (seconds: number) => String(seconds).padStart(2, '0')
    const text = `${two(hours)}:${two(Math.floor((value % 3600) / 60))}:${two(value % 60)}`
    return write(claim, facts, `End the job after ${hours} hours: --time=${text}`, 'time', text)
  }
  if (claim.setting === 'gpus' && value === 1) return oneGpu(claim, facts)
  return { reason: `no change is known for ${claim.key}` }
}

function oneGpu(claim: Claim, facts: UnitFacts): Change | Refusal {
  const unreadable = { reason: 'the request for GPUs is not readable' }
  const { anchor } = claim.site
  if (anchor !== undefined) {
    const option = anchor.slice(replaces.length)
    const match = /^--([\w-]+)=(.*)$/.exec(option)
    return match === null
      ? unreadable
      : write(claim, facts, `Ask for one GPU: ${option}`, match[1]!, match[2]!)
  }
  const wanted = facts.shell === undefined ? null : gpuRequest(facts.shell.directives)
  if (wanted === null || wanted.single === '') return unreadable
  if (wanted.directive.name === 'gpus' && nodesOf(facts.shell!.directives) !== 1) {
    return { reason: '--gpus counts over all nodes' }
  }
  const { name } = wanted.directive
  return write(claim, facts, `Ask for one GPU: --${name}=${wanted.single}`, name, wanted.single)
}

function write(claim: Claim, facts: UnitFacts, title: string, name: string, value: string): Change {
  const { unit, start, end, anchor } = claim.site
  let one: ShellWrite
  if (anchor === undefined) one = { kind: 'set directive', unit, scheduler: 'SBATCH', name, value }
  else {
    const space = anchor === behind ? ' ' : ''
    one = { kind: 'replace text', unit, start, end, text: `${space}--${name}=${value}` }
  }
  return { title, safety: 'unsafe', writes: [{ ...one, path: facts.path }], imports: [] }
}

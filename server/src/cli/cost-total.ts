/** How much of a bill is known, in numbers and in words. */
import type { CostEntry, CostState } from '../linter.js'
import { count } from './format/summary.js'

export { totalOf } from '../estimate/total.js'

export interface Coverage {
  entries: number
  byState: Record<CostState, number>
}

const none: Coverage['byState'] = {
  priced: 0,
  bounded: 0,
  'no length': 0,
  'no price': 0,
  'no machine': 0,
  'no count': 0,
  'starts nothing': 0,
}

export function coverageOf(entries: readonly { state: string }[]): Coverage {
  const byState = { ...none }
  for (const { state } of entries) if (isState(state)) byState[state]++
  return { entries: entries.length, byState }
}

function isState(state: string): state is CostState {
  return Object.hasOwn(none, state)
}

const words: [CostState, (number: number) => string][] = [
  ['no length', (number) => `${number} ${number === 1 ? 'takes' : 'take'} an unknown time`],
  ['starts nothing', (number) => `${number} ${number === 1 ? 'starts' : 'start'} nothing in this repository`],
  ['no machine', (number) => `${number} ${number === 1 ? 'has' : 'have'} no machine`],
  ['no price', (number) => `${number} ${number === 1 ? 'runs' : 'run'} on machines without a list price`],
  ['no count', (number) => `${number} ${number === 1 ? 'keeps' : 'keep'} an unknown number of machines`],
]

/** '23 of 31 jobs priced; 5 start nothing in this repository, 3 have no machine.' */
export function coverageText(entries: readonly CostEntry[]): string {
  const { byState } = coverageOf(entries)
  const bounded = entries.filter(({ state }) => state === 'bounded')
  const limited = bounded.filter(({ per }) => per === 'run').length
  const shrinking = bounded.length - limited
  const rest = [
    ...(limited === 0 ? [] : [`${limited} ${limited === 1 ? 'has' : 'have'} only a time limit`]),
    ...(shrinking === 0 ? [] : [`${shrinking} may shrink to nothing`]),
    ...words.flatMap(([state, word]) => (byState[state] === 0 ? [] : [word(byState[state])])),
  ]
  const head = `${byState.priced} of ${count(entries.length, 'job')} priced`
  return `${head}${rest.length === 0 ? '' : `; ${rest.join(', ')}`}.`
}

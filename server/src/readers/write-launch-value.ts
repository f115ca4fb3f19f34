/** Changes a value where a launch gives it: on the command line, in a variable before it, in the call that starts a job. */
import type { Refusal, Write } from '../edit/write.js'
import type { Language } from '../text/source-fragment.js'
import { offsetInFragment } from '../text/source-fragment.js'
import { effective } from '../values/value.js'
import type { Claim } from '../workload/claim.js'
import type { FragmentFacts } from './reader.js'

/** The text holds a launch rather than what was read with it. */
export function holdsLaunch({ shell, launch }: FragmentFacts): boolean {
  return shell !== undefined || launch === true
}

/**
 * Replaces the last word of the claim's place (`--workers 0`, `PRECISION=no`, `'--workers', '0'`, `{'workers': 0}`) by
 * `word`. `facts` are those of the text that holds the launch.
 */
export function writeLaunchValue(claim: Claim, word: string, facts: FragmentFacts): Write | Refusal {
  const refusal = { reason: `${claim.key} is set by the launch: change it there` }
  if (!holdsLaunch(facts)) return refusal
  const { fragment, path } = facts
  const { cell, start, end } = claim.location
  const from = offsetInFragment(fragment, cell, start)
  if (from === undefined) return refusal
  const text = fragment.text.slice(from, from + end - start)
  const before = (fragment.language === 'shell' ? lastWord : oneValue).exec(text)?.[1]
  if (before === undefined || before.startsWith('--') || !mayBe(claim, before)) return refusal
  const spelled = fragment.language === 'shell' ? word : asWritten(text, before, word, fragment.language)
  if (spelled === null) return refusal
  const at = from + text.lastIndexOf(before)
  return {
    kind: 'replace text',
    path,
    fragment: fragment.index,
    start: at,
    end: at + before.length,
    text: spelled,
  }
}

/** Takes a switch out of the command that it stands in: `--overwrite_cache`. `facts` as above. */
export function dropLaunchFlag(claim: Claim, facts: FragmentFacts): Write | Refusal {
  const refusal = { reason: 'the launch line asks for it: leave the flag out there' }
  const { fragment, path } = facts
  const { cell, start, end } = claim.location
  const from = holdsLaunch(facts) ? offsetInFragment(fragment, cell, start) : undefined
  if (from === undefined || !/^(shell|yaml)$/.test(fragment.language)) return refusal
  const to = from + end - start
  const [before, after] = [fragment.text.slice(0, from), fragment.text.slice(to)]
  // A word between others: no item of a list, and nothing in quotes.
  const gap = /[^-\s\\]((?:[ \t]+|\\?\r?\n)+)$/.exec(before)?.[1]
  if (gap === undefined || !/^--?[\w-]+$/.test(fragment.text.slice(from, to)) || !/^(\s|\\|$)/.test(after))
    return refusal
  return {
    kind: 'replace text',
    path,
    fragment: fragment.index,
    start: from - gap.length,
    end: to,
    text: '',
  }
}

const lastWord = /(?:^|[\s=])["']?([\w.+-]+)["']?$/
/** In code and configuration a place may also be a whole command, or the program that it starts. */
const oneValue = /^(?:["']?--?[\w.:-]+["']?(?:=|\s+|,\s*)|["']?\w+=)?["']?([\w.+-]+)["']?$/

/** The word is what the claim was made from, as far as can be told. */
function mayBe(claim: Claim, word: string): boolean {
  const value = effective(claim)
  if (typeof value === 'number') return Number(word) === value
  return !/\.(py|sh|bash|zsh|slurm|sbatch|ipynb|ya?ml|json|toml)$/i.test(word)
}

/** Null: what stands there is no value but a name, say. */
function asWritten(text: string, before: string, word: string, language: Language): string | null {
  // Inside of quotes, or a part of a command.
  if (text !== before) return word
  if (language === 'yaml') return word
  const plain = /^[-+]?\.?\d[\w.+-]*$|^(true|false)$/i
  if (!plain.test(before)) return null
  if (!plain.test(word)) return language === 'python' ? `'${word}'` : `"${word}"`
  return language === 'python' ? word : word.toLowerCase()
}

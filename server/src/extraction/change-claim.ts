/** The change of a claim: its reader is asked with the facts of the fragment that the change is written to. */
import type { Change, Refusal } from '../edit/write.js'
import { tooNew } from '../readers/first-releases.js'
import type { FragmentFacts, Reader } from '../readers/reader.js'
import { takenOut } from '../readers/taken-out.js'
import type { SourceFile } from '../text/source-file.js'
import type { SourceFragment } from '../text/source-fragment.js'
import type { Claim } from '../workload/claim.js'
import { factsOf } from './fragment-facts.js'
import { textsOf } from './laid-over.js'
import type { ShellTexts } from './shell-texts.js'
import type { Surroundings } from './surroundings.js'
import type { FragmentTree, Trees } from './trees.js'
import { onlyWithCard } from './unknown-card.js'
import { valueInFile } from './value-in-file.js'
import { type WrittenFile, whereWritten } from './written-places.js'

export class ClaimChanges {
  /** What the last change was made from. */
  private last: { tree: FragmentTree; surroundings: Surroundings; facts: FragmentFacts } | null = null

  constructor(
    private readonly readers: readonly Reader[],
    private readonly trees: Trees,
    private readonly shell: ShellTexts,
  ) {}

  /** The change that the claim's reader would make. `others`: the files that are laid over this one; `card`: the accelerator that it is for. */
  change(
    file: SourceFile,
    claim: Claim,
    value: unknown,
    surroundings: Surroundings,
    others: readonly SourceFile[] = [],
    card?: string,
  ): Change | Refusal {
    const { target } = claim.site
    if (target?.kind === 'refused') return { reason: target.reason }
    if (target?.kind === 'pool' && target.own !== true)
      return { reason: 'the pool that it runs on decides this' }
    const reader = this.readers.find((one) => one.name === claim.reader)
    if (reader?.change === undefined) return { reason: `${claim.key} has to be changed by hand here` }
    const trees = this.trees.of(file)
    const launched = isGivenElsewhere(claim)
    const holding = (fragment: SourceFragment): boolean =>
      launched
        ? fragment.segments.some((one) => holds(one, claim.location))
        : fragment.index === claim.site.fragment
    // The command of a cell stands in the text of the cell as well.
    const index = file.fragments.indexOf(file.fragments.filter(holding).at(-1)!)
    if (index < 0) return { reason: 'the place is no longer in the file' }
    const { origin, text, language } = file.fragments[index]!
    if (origin === 'heredoc' && language === 'json' && file.fragments[0]?.language === 'python')
      return { reason: 'the manifest is a dictionary of Python code: change it there by hand' }
    if (origin === 'argument')
      return { reason: 'it stands in quotes inside of another program: change it there by hand' }
    if (origin === 'heredoc' && !standsAsWritten(file, file.fragments[index]!))
      return { reason: 'values are put into this text before it is used' }
    const read = this.factsToChange(file, index, trees[index]!, surroundings)
    const known = launched ? asLaunch(read) : read
    const facts = card === undefined ? known : { ...known, card }
    const asked = reader.change(claim, value, facts)
    const answer = 'reason' in asked ? (valueInFile(claim, value, facts) ?? asked) : asked
    if ('reason' in answer) return answer
    const change = card === undefined && value === 'bf16-mixed' ? onlyWithCard(answer) : answer
    const refused =
      tooNew(change, facts.versions) ?? takenOut(change, facts.python, file.path, facts.fragment.index)
    if (refused !== null) return refused
    if (surroundings.overlay === undefined || index !== 0) return change
    return whereWritten(change, {
      own: this.writtenIn(file),
      laid: facts.config?.documents ?? [],
      texts: textsOf(text, surroundings.overlay),
      others: others.map((one) => this.writtenIn(one)),
    })
  }

  /** The findings of a file are mended one after another: it is analysed once for all of them. */
  private factsToChange(
    file: SourceFile,
    index: number,
    tree: FragmentTree,
    surroundings: Surroundings,
  ): FragmentFacts {
    const before = this.last
    if (before?.tree === tree && before.surroundings === surroundings) return before.facts
    const facts = factsOf(this.shell, file, file.fragments[index]!, tree, surroundings)
    this.last = { tree, surroundings, facts }
    return facts
  }

  private writtenIn(file: SourceFile): WrittenFile {
    return { path: file.path, documents: this.trees.of(file)[0]?.config?.documents ?? [] }
  }
}

/** By a launch in another file than its reader read. */
function isGivenElsewhere({ channel, location, site, subject }: Claim): boolean {
  const launched = channel === 'launch flag' || channel === 'launch environment'
  return launched && site.path === undefined && !subject.startsWith(`${location.path}#`)
}

function holds(
  { start, end, cell, source }: SourceFragment['segments'][number],
  location: Claim['location'],
): boolean {
  return cell === location.cell && source <= location.start && location.end <= source + end - start
}

/** What code or configuration there says is no answer to where its reader's own site is. */
function asLaunch({ path, fragment, shell, versions }: FragmentFacts): FragmentFacts {
  return {
    path,
    fragment,
    launch: true,
    ...(shell === undefined ? {} : { shell }),
    ...(versions === undefined ? {} : { versions }),
  }
}

/** False where values will be put into its text, or signs were taken out of it. */
function standsAsWritten(file: SourceFile, { text, segments }: SourceFragment): boolean {
  const whole = segments.reduce((length, { start, end }) => length + end - start, 0) === text.length
  const same = ({ start, end, source }: SourceFragment['segments'][number]) =>
    file.text.slice(source, source + end - start) === text.slice(start, end)
  return whole && segments.every(same)
}

/** Commands that run something once for each combination of the values that they list: `dvc exp run -S lr=0.1,0.01`. */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { commandsAnywhere } from '../command-lines/commands-anywhere.js'
import type { FragmentFacts, ReaderContext } from '../reader.js'
import { claimGrid, type Swept, searchedDimensions } from './space.js'

const evidence: Evidence = { role: 'tuning', accelerator: 'maybe', small: null, notebook: false }

/** `name`: the words of the command; `sweptIn`: what it goes through, nothing where it is another command. */
export function claimSweptCommands(
  facts: FragmentFacts,
  context: ReaderContext,
  claims: ClaimBuilder,
  name: string,
  sweptIn: (command: ShellCommand) => Swept[],
): void {
  for (const { command, shown } of commandsAnywhere(facts, context, (text) => text.includes(name))) {
    const dimensions = searchedDimensions(sweptIn(command))
    if (dimensions === null) continue
    const place = shown ?? { start: command.start, end: command.end }
    const search = claims.subject('Search', place, '', evidence)
    claimGrid(search, dimensions, place)
    search.known('unit', name, 'run', place)
    search.known('persisted', name, true, place)
  }
}

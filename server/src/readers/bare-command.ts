import type { ShellCommand, ShellWord } from '../config/shell-facts.js'
import type { Span } from '../text/location.js'

/** A command that stands alone, as it is started. `span`: where it stands, if its words do not tell. */
export function bareCommand(
  words: ShellWord[],
  { start, end }: Span = { start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0 },
): ShellCommand {
  return {
    words,
    environment: [],
    start,
    end,
    loops: [],
    background: false,
    failureIgnored: false,
    unreachable: false,
    folder: '',
  }
}

/** Scripts that a script reads in: `source env.sh`, `. "$(dirname "$0")/common.sh"`. */
import type { NamedText, TextName } from '../text/named-text.js'
import { lookUp } from '../text/records.js'
import type { PlainNode } from './plain-tree.js'
import type { ShellWord } from './shell-facts.js'
import { maskTemplates } from './template.js'

/** Scripts that one script reads in; those beyond are as if they were not there. */
const mostReadIn = 40

/** What is known of the project's scripts while one of them is read. */
export interface ShellSurroundings {
  /** The folder of the script that is read. */
  home: string
  texts: Record<string, NamedText>
  parse(text: string): PlainNode | undefined
}

export interface SourcedScript {
  text: string
  root: PlainNode
  starts: boolean
  /** For what it sources itself. */
  within: SourcedScripts
}

export class SourcedScripts {
  constructor(
    private readonly around: ShellSurroundings | null,
    readonly names: TextName[] = [],
    private readonly budget = { left: mostReadIn },
  ) {}

  /** The script that `source …` names; undefined: it is none of the project, as far as can be told. */
  find([, word]: readonly ShellWord[], folder: string | null): SourcedScript | undefined {
    const path = pathOf(word, folder)
    if (path === null) return undefined
    if (!this.names.some((one) => one.path === path))
      this.names.push(/[$`]/.test(word!.raw) ? { path, beside: true } : { path })
    const { around } = this
    const given = around === null ? undefined : lookUp(around.texts, path)
    if (around === null || given === undefined || this.budget.left-- <= 0) return undefined
    // `$0` is still the script that reads it in, but `$BASH_SOURCE` is the file itself, in a folder of its own.
    const own = given.path.slice(0, Math.max(given.path.lastIndexOf('/'), 0))
    const masked = maskTemplates(given.text).text
    const text = own === around.home ? masked : masked.replaceAll('BASH_SOURCE', 'OTHER_FILES')
    const root = around.parse(text)
    if (root === undefined) return undefined
    const inner = { ...around, texts: given.texts ?? {} }
    return {
      text,
      root,
      starts: given.starts === true,
      within: new SourcedScripts(inner, this.names, this.budget),
    }
  }
}

function pathOf(word: ShellWord | undefined, folder: string | null): string | null {
  const text = word?.text
  if (text == null || folder === null || folder.startsWith('/') || !/^[\w.][\w./+-]*$/.test(text)) return null
  return `${folder}/${text}`
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

/** Scripts that a script reads in: `source env.sh`, `. "$(dirname "$0")/common.sh"`. */
import type { NamedText, TextName } from '../text/named-text.js'
import { lookUp } from '../text/records.js'
import { variablesIn } from './env-file.js'
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
    this.name(path, word!)
    const { around } = this
    const given = this.named(path)
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

  /** What `--env-file train.env` sets, in the order of the files. */
  variables(words: readonly ShellWord[], folder: string | null): [name: string, value: string][] {
    return words.flatMap((word, index) => {
      const joined = /^--env-file=(.+)$/.exec(word.text ?? '')?.[1]
      const file = joined === undefined ? words[index + 1] : { ...word, text: joined }
      if (joined === undefined && word.text !== '--env-file') return []
      const path = pathOf(file, folder)
      if (path === null) return []
      this.name(path, file!)
      return variablesIn(this.named(path)?.text ?? '')
    })
  }

  private name(path: string, { raw }: ShellWord): void {
    if (!this.names.some((one) => one.path === path))
      this.names.push(/[$`]/.test(raw) ? { path, beside: true } : { path })
  }

  private named(path: string): NamedText | undefined {
    return this.around === null ? undefined : lookUp(this.around.texts, path)
  }
}

const exported =
  /\$\((?:cat|e?grep|sed|awk|envsubst|<)[^()\n]{0,120}?\s["']?([\w./-]{0,80}\.env[\w.-]{0,40})["']?\s*[|)]/

/** `export $(grep -v '^#' train.env | xargs)`: the file whose lines are exported; null: none is named. */
export function exportedFile(declared: string): string | null {
  return exported.exec(declared)?.[1] ?? null
}

function pathOf(word: ShellWord | undefined, folder: string | null): string | null {
  const text = word?.text
  if (text == null || folder === null || folder.startsWith('/') || !/^[\w.][\w./+-]*$/.test(text)) return null
  return `${folder}/${text}`
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

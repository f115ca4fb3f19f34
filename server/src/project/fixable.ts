/** A project on disk as `applyFixes` asks for it: with the texts that fixes have made, and the encoding of each file. */

import { type Host, under } from '../host/host.js'
import type { FixableProject } from '../results/apply-fixes.js'
import { countSyntaxErrors } from '../results/syntax-errors.js'
import { type Grammars, loadGrammars } from '../syntax/parser.js'
import { decode } from '../text/decode.js'
import { sourceFile } from '../text/source-fragments.js'
import type { Project } from './project.js'

/** `given`: bytes that stand in for a file on disk (standard input). */
export function fixableProject(
  project: Project,
  host: Host,
  given: ReadonlyMap<string, Uint8Array> = new Map(),
): FixableProject {
  const texts = new Map<string, string>()
  let loading: Promise<Grammars> | undefined
  const grammars = () => {
    loading ??= host.grammarSource().then((source) => loadGrammars(source, []))
    return loading
  }
  return {
    lint: (options) => project.lint(options),
    fixes: (finding) => project.fixes(finding),
    open(path, text) {
      texts.set(path, text)
      project.open(path, text)
    },
    async file(path) {
      try {
        const decoded = decode(given.get(path) ?? (await host.read(under(project.root, path))))
        if (decoded.problem !== undefined) return undefined
        const { text, encoding, bom } = decoded
        return { source: sourceFile(path, texts.get(path) ?? text), encoding, bom }
      } catch {
        return undefined
      }
    },
    async syntaxErrors(path, text) {
      return countSyntaxErrors(sourceFile(path, text), await grammars())
    },
  }
}

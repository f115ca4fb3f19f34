/** How broken a text is: a fix may not add to it. */
import type { Tree } from 'web-tree-sitter'
import { jsonFacts } from '../config/json.js'
import type { ConfigFacts } from '../config/node.js'
import { yamlFacts } from '../config/yaml.js'
import type { GrammarName, Grammars } from '../syntax/parser.js'
import type { SourceFile } from '../text/source-file.js'
import type { Language } from '../text/source-fragment.js'

const grammarOf: Partial<Record<Language, GrammarName>> = {
  python: 'python',
  shell: 'bash',
  hcl: 'hcl',
  toml: 'toml',
}

/** Parts that could not be parsed, over all units of the file; languages without a parser have none. */
export async function countSyntaxErrors(file: SourceFile, grammars: Grammars): Promise<number> {
  let count = file.problems.length
  for (const fragment of file.fragments) {
    const grammar = grammarOf[fragment.language]
    if (grammar !== undefined) {
      await grammars.load(grammar)
      const parsed = grammars.parse(grammar, fragment.text, errorsIn)
      count += parsed.value ?? 1
    } else if (fragment.language === 'yaml') count += brokenDocuments(yamlFacts(fragment.text))
    else if (fragment.language === 'json') count += brokenDocuments(jsonFacts(fragment.text))
  }
  return count
}

function brokenDocuments(facts: ConfigFacts): number {
  return facts.documents.filter((document) => document.hasErrors).length
}

/** Errors and tokens that the parser made up. Only branches that hold one are visited. */
function errorsIn(tree: Tree): number {
  const cursor = tree.walk()
  try {
    let count = 0
    for (;;) {
      const node = cursor.currentNode
      if (node.isError || node.isMissing) count++
      if (node.hasError && cursor.gotoFirstChild()) continue
      while (!cursor.gotoNextSibling()) if (!cursor.gotoParent()) return count
    }
  } finally {
    cursor.delete()
  }
}

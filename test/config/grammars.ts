import { grammarFiles } from '../../server/src/host/node/grammar-files.js'
import { type GrammarName, type Grammars, loadGrammars } from '../../server/src/syntax/parser.js'

export async function nodeGrammars(...names: GrammarName[]): Promise<Grammars> {
  return loadGrammars(await grammarFiles(), names)
}

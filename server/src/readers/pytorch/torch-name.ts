/** How a file spells a name of PyTorch. */
import { type NameUse, nameFor, type SpelledName } from '../../edit/imports.js'
import type { PythonModule } from '../../python/module.js'

/** `th.no_grad` where `th` came with `from model import *`: what the file calls PyTorch by already needs no import. */
export function torchName(python: PythonModule, name: string, use: NameUse): SpelledName {
  const spelled = nameFor(python.tree, 'torch', name, use)
  if (spelled.import === null) return spelled
  for (const { expr } of python.calls) {
    let root = expr.callee
    while (root.type === 'attribute') root = root.value
    if (root.type === 'name' && root.id !== 'torch' && python.nameOf(root) === 'torch')
      return { text: `${root.id}.${name}`, import: null }
  }
  // By its name it is imported beside others of the package.
  if (
    python.tree.body.some(
      (one) =>
        one.type === 'import' && /^from\s+torch\s+import\b/.test(python.text.slice(one.start, one.end)),
    )
  )
    return spelled
  const torch = nameFor(python.tree, 'torch', null, use)
  return { text: `${torch.text}.${name}`, import: torch.import }
}

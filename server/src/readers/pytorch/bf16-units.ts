/** What a program asks before it computes in 16 bits on a card that nothing names. */
import { type NameUse, nameFor } from '../../edit/imports.js'
import type { Import } from '../../edit/write.js'
import type { PythonTree } from '../../syntax/python-ast.js'

export interface CodeTest {
  text: string
  imports: Import[]
}

/**
 * Whether the card computes in bf16 by itself (Ampere and newer). `is_bf16_supported()` is no such test: from PyTorch 2.2 on it is
 * true of a T4 as well, which emulates the format, and has no convolutions in it (pytorch/pytorch#148322).
 */
export function hasBf16Units(tree: PythonTree, use: NameUse): CodeTest {
  const { text, imports } = ofCuda(tree, 'get_device_capability', use)
  return { text: `${text} >= (8, 0)`, imports }
}

/** There is a card. */
export function hasCard(tree: PythonTree, use: NameUse): CodeTest {
  return ofCuda(tree, 'is_available', use)
}

/** There is a card, and it has units for bf16. */
export function hasCardWithBf16(tree: PythonTree, use: NameUse): CodeTest {
  const tests = [hasCard(tree, use), hasBf16Units(tree, use)]
  return {
    text: tests.map(({ text }) => text).join(' and '),
    imports: tests.flatMap(({ imports }) => imports),
  }
}

/** Behind the title of a change that cannot ask. */
export const ifPossible = ', if the machine has a card for it'

/** As the file spells it; where it would have to import the function, by the name of the package. */
function ofCuda(tree: PythonTree, name: string, use: NameUse): CodeTest {
  const spelled = nameFor(tree, 'torch.cuda', name, use)
  if (spelled.import === null) return { text: `${spelled.text}()`, imports: [] }
  const torch = nameFor(tree, 'torch', null, use)
  return { text: `${torch.text}.cuda.${name}()`, imports: torch.import === null ? [] : [torch.import] }
}

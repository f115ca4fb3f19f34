/** What the code that makes a sample keeps of it until the next epoch: by a cache, or in a file. */
import type { Func, Loop, PythonModule } from '../../python/module.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { once } from '../../text/once.js'
import { codeText } from '../pytorch/evidence.js'
import type { HotCode, HotStatement } from '../pytorch/hot-code.js'

/** The code keeps results, or looks for them; what it reads and then prepares again is not the result. */
const keeps = /lru_cache|functools\.cache|\bmemory\.cache|Memory\(|load_from_disk|\bcache/i
/** A test that looks for a file, around code that reads or writes what may be the result, or that has it from either branch; else it only asks for the sample. */
const looksFor = /exists\(|isfile\(|is_file\(/
const stores =
  /\b(np|numpy|torch|joblib|pickle|json|pd|pandas|cv2|sf|soundfile|torchaudio)\.(load|save\w*|dump|read_(pickle|parquet|feather)|imwrite|write)\(|\.(save|tofile|to_(pickle|parquet|feather|filename))\(|\.write\w*\(/

export function keepsResults(python: PythonModule, node: Func['node'] | Loop['node']): boolean {
  return keepingBlocks(python, node).length > 0
}

/** For the code that makes a sample: whether a statement stands where results are kept, or in a function that is called there. */
export function keptWays(python: PythonModule, { followed }: HotCode): (one: HotStatement) => boolean {
  const blocks = new Map<Func, readonly Span[]>()
  const isIn = (func: Func | null, place: Span, depth: number): boolean => {
    if (func === null) return false
    let own = blocks.get(func)
    if (own === undefined) {
      own = keepingBlocks(python, func.node)
      blocks.set(func, own)
    }
    if (own.some(({ start, end }) => start <= place.start && place.end <= end)) return true
    const site = followed.get(func)
    return site !== undefined && depth < deepest && isIn(site.function, site.expr, depth + 1)
  }
  return ({ func, statement }) => isIn(func, statement, 0)
}

const deepest = 6

/**
 * The blocks of a function that keep results or look for them; another branch, and what is done behind it, prepares all the same,
 * unless the block hands out what it has found and goes on where it has found nothing.
 */
function keepingBlocks(python: PythonModule, node: Func['node'] | Loop['node']): readonly Span[] {
  // Each call in a loop asks for it.
  return once(node, 'blocks that keep results', () => findKeepingBlocks(python, node))
}

function findKeepingBlocks(python: PythonModule, node: Func['node'] | Loop['node']): Span[] {
  const found: Span[] = []
  /** True where what follows is done for want of what is kept. */
  const visit = (block: readonly Stmt[]): boolean => {
    const [first, last] = [block[0], block.at(-1)]
    if (first === undefined || last === undefined) return false
    const goesOn = !/^(return|raise|continue)$/.test(last.type)
    if (block.some((one) => keeps.test(headOf(python, one)) || looksForResults(python, one))) {
      found.push({ start: first.start, end: last.end })
      return goesOn && block.some(mayReturn)
    }
    let wanting = false
    for (const one of block)
      for (const inner of blocksOf(one))
        if (visit(inner)) {
          found.push({ start: one.end, end: last.end })
          wanting = true
        }
    return wanting && goesOn
  }
  const own = { start: node.start, end: node.end }
  if ('decorators' in node && node.decorators.some((one) => keeps.test(ownCode(python, one)))) return [own]
  visit(node.body)
  return found
}

function mayReturn(one: Stmt): boolean {
  return (
    one.type === 'return' || (one.type !== 'function' && blocksOf(one).some((inner) => inner.some(mayReturn)))
  )
}

/** A statement without those inside it; what a constructor of few results keeps is nothing. */
function headOf(python: PythonModule, one: Stmt): string {
  const [inner] = blocksOf(one).flatMap((block) => block[0] ?? [])
  return ownCode(python, { start: one.start, end: inner?.start ?? one.end })
}

function looksForResults(python: PythonModule, one: Stmt): boolean {
  return (
    one.type === 'if' &&
    looksFor.test(codeText(python, one.test.start, one.test.end)) &&
    (stores.test(codeText(python, one.test.end, one.end)) || hasEitherWay(python, one.body, one.orelse))
  )
}

/** `features = read(file)`, or `features = compute(sample)`: the same names come out of both branches. */
function hasEitherWay(python: PythonModule, body: readonly Stmt[], orelse: readonly Stmt[]): boolean {
  const [one, other] = [body, orelse].map((block) => {
    const text = block.map(({ start, end }) => codeText(python, start, end)).join('\n')
    return new Set([...text.matchAll(/^\s*([\w, ]+?)\s*=(?!=)/gm)].map(([, names]) => names!))
  })
  return [...one!].some((names) => other!.has(names))
}

/** It may hand out what it has kept, where it goes another way. */
export function hasOtherWays(python: PythonModule, { node }: Func): boolean {
  return /\bself\.\w+(\[.*\])?\s*=[^=]|\b(np|numpy|torch|joblib|pickle)\.load\(/.test(ownCode(python, node))
}

/** A cache of few results keeps none of them until the next epoch. */
export function ownCode(python: PythonModule, { start, end }: Span): string {
  return codeText(python, start, end).replace(/\blru_cache\(\s*(maxsize\s*=\s*)?\d{1,3}\s*\)/g, '')
}

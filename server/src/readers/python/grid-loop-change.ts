/** A sketch of what nested loops become: an objective of Optuna, with the body of the loops. */
import type { Change, Refusal } from '../../edit/write.js'
import type { PythonModule } from '../../python/module.js'
import type { For, Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Claim } from '../../workload/claim.js'
import { byHand } from '../change-answer.js'
import type { FragmentFacts } from '../reader.js'
import { comprehensionLoops } from './grid-comprehension.js'
import { nestOf } from './grid-loop.js'
import { mappedLoops } from './grid-mapped.js'
import { recursiveGrid } from './grid-recursion.js'

export function gridLoopChange(claim: Claim, value: unknown, facts: FragmentFacts): Change | Refusal {
  const python = facts.python!
  if (claim.setting !== 'strategy') return byHand(claim)
  const outer = python.loops.find(
    ({ node }) => node.start === claim.site.start && node.end === claim.site.end,
  )
  const nest = outer === undefined ? null : nestOf(python, outer)
  if (
    outer === undefined &&
    comprehensionLoops(python).some(({ loop: { node } }) => node.start === claim.site.start)
  )
    return { reason: 'the combinations stand in a comprehension' }
  if (
    outer === undefined &&
    mappedLoops(python).some(({ loop: { node } }) => node.start === claim.site.start)
  )
    return { reason: 'a function is mapped over the combinations' }
  if (nest === null)
    return outer !== undefined && recursiveGrid(python, outer) !== null
      ? { reason: 'a function that calls itself makes the combinations' }
      : { reason: 'the loops have changed' }
  const { trials } = value as { trials: number }
  const nodes = nest.loops.map((loop) => loop.node as For)
  if (
    nodes.some(
      (node, index) =>
        index + 1 < nodes.length && (node.body.length !== 1 || node.body[0] !== nodes[index + 1]),
    )
  )
    return { reason: 'there is work between the loops' }
  const several = nest.dimensions.length !== nodes.length
  if (several || nodes.some((node) => node.target.type !== 'name' || node.orelse.length > 0))
    return { reason: 'the loops take several values at once' }
  const inner = nodes.at(-1)!
  if (inner.body.some(leavesLoop)) return { reason: 'the body skips or leaves the loop' }
  const body = bodyText(python, inner)
  if (body === null) return { reason: 'the body contains a string over several lines' }
  const outerNode = nodes[0]!
  const indent = indentOf(python.text, outerNode.start)
  const lines = [
    '# Sketch: return the metric that decides, computed on validation data.',
    'def objective(trial):',
    ...nodes.map((node) => {
      const name = python.text.slice(node.target.start, node.target.end)
      const values = python.text.slice(node.iterable.start, node.iterable.end)
      return `    ${name} = trial.suggest_categorical('${name}', ${values})`
    }),
    ...body.map((line) => (line === '' ? '' : `    ${line}`)),
    '    return validation_metric',
    '',
    "study = optuna.create_study(direction='maximize')",
    `study.optimize(objective, n_trials=${trials})`,
  ]
  return {
    title: `Search with Optuna, ${trials} trials (sketch)`,
    safety: 'display',
    writes: [
      {
        kind: 'replace',
        path: facts.path,
        range: { fragment: facts.fragment.index, start: outerNode.start, end: outerNode.end },
        text: lines.map((line, index) => (index === 0 || line === '' ? line : indent + line)).join('\n'),
      },
    ],
    imports: [{ path: facts.path, fragment: facts.fragment.index, module: 'optuna', name: null }],
  }
}

function indentOf(text: string, offset: number): string {
  const line = text.lastIndexOf('\n', offset - 1) + 1
  return text.slice(line, offset).match(/^[ \t]*/)![0]
}

/** The body's lines without their indentation. */
function bodyText(python: PythonModule, loop: For): string[] | null {
  const first = loop.body[0]!
  const text = python.text.slice(first.start, loop.body.at(-1)!.end)
  if (/"""|'''|\\\n/.test(text)) return null
  const indent = indentOf(python.text, first.start)
  const lines = text.split('\n')
  if (lines.some((line, index) => index > 0 && line.trim() !== '' && !line.startsWith(indent))) return null
  return lines.map((line, index) => (index === 0 ? line : line.slice(indent.length)).trimEnd())
}

/** `continue` or `break` that would be left without their loop. */
function leavesLoop(statement: Stmt): boolean {
  if (statement.type === 'continue' || statement.type === 'break') return true
  if (statement.type === 'for' || statement.type === 'while' || statement.type === 'function') return false
  return blocksOf(statement).some((block) => block.some(leavesLoop))
}

/** Parameters of Argo Workflows: what `{{workflow.parameters.x}}` and `{{inputs.parameters.x}}` stand for. */
import { at, entry, items, text, textWithTemplates, written } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'

type Values = ReadonlyMap<string, string>

/** Templates that are called with more different values are a loop of sorts: each call is judged with what all have in common. */
const mostCalls = 8

/** What the workflow says itself; whoever submits it may say something else. */
export function withWorkflowParameters(root: ConfigNode, spec: ConfigNode | undefined): ConfigNode {
  const values = valuesIn(at(spec, 'arguments', 'parameters'))
  return values.size === 0 ? root : filledIn(root, 'workflow', values)
}

/** True for a value that a parameter of the workflow stands for. */
export function isWorkflowParameter(node: ConfigNode | undefined): boolean {
  return node?.kind === 'unknown' && /\{\{\s*workflow\.parameters\./.test(node.text ?? '')
}

/** The template as each of the tasks that call it with other values runs it; itself where its values are not known. */
export function callsOf(template: ConfigNode, templates: readonly ConfigNode[]): ConfigNode[] {
  const name = text(at(template, 'name'))
  const used = parametersIn(template)
  if (name === undefined || used.size === 0) return [template]
  const otherwise = valuesIn(at(template, 'inputs', 'parameters'))
  const calls = new Map<string, Values>()
  for (const task of templates.flatMap(tasksOf)) {
    if (text(at(task, 'template')) !== name) continue
    const given = new Map([...otherwise, ...valuesIn(at(task, 'arguments', 'parameters'))])
    const values = [...given].filter(([key]) => used.has(key))
    calls.set(JSON.stringify(values), new Map(values))
  }
  if (calls.size === 0 || calls.size > mostCalls) return [template]
  return [...calls.values()].map((values) => filledIn(template, 'inputs', values))
}

/** Tasks of a DAG, and steps, which may stand in lists of those that run at once. */
export function tasksOf(template: ConfigNode): ConfigNode[] {
  const steps = items(at(template, 'steps')).flatMap((one) => (one.kind === 'list' ? items(one) : [one]))
  return [...items(at(template, 'dag', 'tasks')), ...steps]
}

/** The node with another one in place of what stands at the end of the keys. */
export function withNodeAt(
  node: ConfigNode,
  keys: readonly (string | number)[],
  other: ConfigNode,
): ConfigNode {
  const [key, ...rest] = keys
  if (key === undefined) return other
  if (node.kind === 'list')
    return {
      ...node,
      items: node.items.map((one, index) => (index === key ? withNodeAt(one, rest, other) : one)),
    }
  if (node.kind !== 'map') return node
  const own = entry(node, String(key))
  return {
    ...node,
    entries: node.entries.map((one) =>
      one === own ? { ...one, value: withNodeAt(one.value, rest, other) } : one,
    ),
  }
}

/** Of `[{name: x, value: "1"}]`: those whose values are written out. */
function valuesIn(parameters: ConfigNode | undefined): Map<string, string> {
  const values = new Map<string, string>()
  for (const one of items(parameters)) {
    const [name, value] = [text(at(one, 'name')), at(one, 'value') ?? at(one, 'default')]
    const known = written(value)
    if (name !== undefined && known !== undefined) values.set(name, known)
  }
  return values
}

function parametersIn(node: ConfigNode, into = new Set<string>(), depth = 0): Set<string> {
  if (depth > deepest) return into
  if (node.kind === 'list') for (const one of node.items) parametersIn(one, into, depth + 1)
  else if (node.kind === 'map') for (const { value } of node.entries) parametersIn(value, into, depth + 1)
  else for (const [, name] of (textWithTemplates(node) ?? '').matchAll(reference('inputs'))) into.add(name!)
  return into
}

const deepest = 100
const reference = (kind: 'workflow' | 'inputs') =>
  new RegExp(`\\{\\{\\s*${kind}\\.parameters\\.([\\w-]+)\\s*\\}\\}`, 'g')

function filledIn(node: ConfigNode, kind: 'workflow' | 'inputs', values: Values, depth = 0): ConfigNode {
  if (depth > deepest) return node
  const inner = (one: ConfigNode) => filledIn(one, kind, values, depth + 1)
  if (node.kind === 'list') return { ...node, items: node.items.map(inner) }
  if (node.kind === 'map')
    return { ...node, entries: node.entries.map((one) => ({ ...one, value: inner(one.value) })) }
  if (node.kind === 'scalar' || node.text === undefined) return node
  const filled = node.text.replace(reference(kind), (whole, name: string) => values.get(name) ?? whole)
  if (filled === node.text) return node
  if (filled.includes('{{')) return { ...node, text: filled }
  return { kind: 'scalar', value: filled, raw: JSON.stringify(filled), start: node.start, end: node.end }
}

/** A first look over a script: its functions, how often each is called, which variables are assigned where. */
import { inField, type PlainNode } from './plain-tree.js'

export interface ShellSurvey {
  /** Bodies by name. */
  functions: Map<string, PlainNode>
  /** How often each command name stands in the script. */
  calls: Map<string, number>
  /** Variables that are assigned in more than one place. */
  assignedOften: string[]
}

export function surveyShell(root: PlainNode, text: string): ShellSurvey {
  const functions = new Map<string, PlainNode>()
  const calls = new Map<string, number>()
  const assignments = new Map<string, number>()
  const visit = (node: PlainNode): void => {
    if (node.type === 'function_definition') {
      const name = inField(node, 'name')
      const body = inField(node, 'body')
      if (name !== undefined && body !== undefined) functions.set(text.slice(name.start, name.end), body)
    } else if (node.type === 'command_name') count(calls, text.slice(node.start, node.end))
    else if (node.type === 'variable_assignment') count(assignments, assignedName(node, text))
    for (const child of node.children) visit(child)
  }
  visit(root)
  return {
    functions,
    calls,
    assignedOften: [...assignments].filter(([, times]) => times > 1).map(([name]) => name),
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** Name that a `variable_assignment` gives a value; without the index of an array element. */
export function assignedName(node: PlainNode, text: string): string {
  const name = inField(node, 'name')
  return name === undefined ? '' : text.slice(name.start, name.end).replace(/\[[\s\S]*$/, '')
}

/** Names that are assigned anywhere inside, loop variables included. */
export function assignedIn(node: PlainNode, text: string, names = new Set<string>()): Set<string> {
  if (node.type === 'variable_assignment') names.add(assignedName(node, text))
  else if (node.type === 'for_statement') {
    const variable = inField(node, 'variable')
    if (variable !== undefined) names.add(text.slice(variable.start, variable.end))
  }
  for (const child of node.children) assignedIn(child, text, names)
  return names
}

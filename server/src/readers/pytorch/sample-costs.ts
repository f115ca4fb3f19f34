/** What calls cost where samples are made. Canonical names; methods of unknown receivers by their own. */

import { isHandle, passedFor } from '../../python/function-loads.js'
import type { Call, PythonModule } from '../../python/module.js'
import { readsPart, wholeLoad } from '../../python/whole-loads.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lastName } from '../../syntax/python-children.js'

export interface Cost {
  /** As a clause. */
  what: string
  weight: 'slight' | 'ordinary'
  /** What it depends on. */
  inputs: Expr[]
  /** Its value can be kept: it is no handle that has to be closed. */
  complete: boolean
}

export function costOf(analysis: PythonModule, call: Call): Cost | null {
  const { expr, name, method } = call
  const [first] = expr.args
  if (name !== null) {
    const entry = wholeLoad(name)
    if (entry !== null) {
      if (first === undefined && entry.inputs === 'first') return null
      if (readsPart(expr)) return null
      const inputs = entry.inputs === 'first' ? [first!.value] : expr.args.map((one) => one.value)
      if (first !== undefined && isHandle(name, first.value)) return null
      const opened = inputs.flatMap((input) => openedBy(analysis, input))
      const lists = /^(os\.walk|os\.scandir|glob\.iglob)$/.test(name)
      return { ...entry, complete: entry.complete && !lists, inputs: [...inputs, ...opened] }
    }
  }
  if (expr.callee.type !== 'attribute') return null
  const receiver = expr.callee.value
  if (/^(sort_values|groupby|merge)$/.test(method) && isFrame(analysis, receiver)) {
    return {
      what: method === 'sort_values' ? 'sorts the whole table again' : 'goes through the whole table again',
      weight: 'ordinary',
      inputs: [receiver, ...expr.args.map((one) => one.value)],
      complete: true,
    }
  }
  if (/^(glob|rglob|iterdir)$/.test(method) && isPath(analysis, receiver)) {
    return {
      what: method === 'iterdir' ? 'lists the folder again' : 'goes through the whole folder again',
      weight: 'ordinary',
      // The pattern may well name the sample: the folder is gone through all the same.
      inputs: [receiver],
      complete: false,
    }
  }
  return null
}

/** `json.load(handle)`: what the handle was opened with. */
function openedBy(analysis: PythonModule, expr: Expr): Expr[] {
  const value = analysis.definition(expr)
  return value === expr ? [] : [value]
}

/** A whole table of the data set: `self.frame`. */
function isFrame(analysis: PythonModule, expr: Expr): boolean {
  if (expr.type !== 'attribute' || expr.value.type !== 'name' || expr.value.id !== 'self') return false
  return (
    analysis.imports.has('pandas') &&
    /(^|_)(df|frame|table|data|meta\w*|annotations?|events|ratings|logs|interactions|transactions|orders|visits|history)$/i.test(
      expr.attr,
    )
  )
}

/** What a function of another module loads each time, and does not find out from what the call passes. */
export function costsElsewhere(analysis: PythonModule, { expr }: Call): Cost[] {
  const receiver = expr.callee.type === 'attribute' ? [expr.callee.value] : []
  return analysis.importedLoads(expr.callee).flatMap(({ what, weight, inputs }) => {
    const passed = passedFor(expr, inputs)
    return passed === null ? [] : [{ what, weight, inputs: [...receiver, ...passed], complete: false }]
  })
}

function isPath(analysis: PythonModule, expr: Expr): boolean {
  const value = analysis.definition(expr)
  if (value.type === 'call') return analysis.nameOf(value.callee) === 'pathlib.Path'
  return analysis.imports.has('pathlib.Path') && /(path|dir|root|folder)$/i.test(lastName(expr))
}

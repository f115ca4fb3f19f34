/** Functions that a program hands to a data set of its own, which calls them for each sample: `Clips(files, spectrum)`. */
import type { Call, ClassSummary, Klass, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { lookUp } from '../../text/records.js'
import { isDrawn } from '../python/drawn-samples.js'
import { codeText } from './evidence.js'

/** What else a sample goes through may be drawn anew each time, before the function gets it. */
const mayDraw = /random|augment|noise|jitter|choice|permutation|transform|crop|compose/i

/** What a call that makes a data set hands to it for each sample as it was read. */
export function handedToDataSet(python: PythonModule, call: Call): readonly Expr[] {
  const { callee, args } = call.expr
  if (args.length === 0) return []
  const own = python.classOf(callee)
  const imported = own === null ? python.importedClass(callee) : null
  if (own === null && imported === null) return []
  return args.flatMap(({ name, value, star }, position) => {
    if (star > 0 || !/^(name|attribute|call|lambda)$/.test(value.type)) return []
    const called =
      own === null ? callsHeld(imported!, name, position) : callsGiven(python, own, name, position)
    return called ? [value] : []
  })
}

/** `self.prepare(wave)` in `__getitem__` of an object that holds what its constructor is given as `prepare`. */
function callsHeld({ items, holds }: ClassSummary, name: string | null, position: number): boolean {
  if (items === undefined || holds === undefined) return false
  const attribute = Object.keys(holds).find((key) => {
    const held = lookUp(holds, key)
    return held?.keys === undefined && (held?.name === name || (name === null && held?.position === position))
  })
  if (attribute === undefined || !items.includes(`.${attribute}`)) return false
  // What another one that it is given does before that is not known.
  const isHanded = (one: string) => one.startsWith('.') && lookUp(holds, one.slice(1)) !== undefined
  return !items.some((one) => one !== `.${attribute}` && (mayDraw.test(one) || isHanded(one)))
}

function callsGiven(python: PythonModule, klass: Klass, name: string | null, position: number): boolean {
  const item = klass.methods.get('__getitem__')
  const params = klass.methods.get('__init__')?.node.params.slice(1)
  const parameter = name ?? params?.[position]?.name
  if (item === undefined || parameter === undefined) return false
  const isHanded = ({ expr: { callee } }: Call, is: (name: string) => boolean): boolean => {
    const held =
      callee.type === 'attribute' && callee.value.type === 'name' && callee.value.id === 'self'
        ? python.attributeValues(callee)
        : []
    return held.some((one) => one?.type === 'name' && is(one.id))
  }
  const called = item.calls.find((one) => isHanded(one, (name) => name === parameter))
  if (called === undefined) return false
  // What another one that it is given does before that is not known.
  const isGiven = (name: string) => params!.some((one) => one.name === name)
  if (item.calls.some((one) => one !== called && one.expr.end <= called.expr.end && isHanded(one, isGiven)))
    return false
  const before = codeText(python, item.node.start, called.expr.callee.start)
  return !isDrawn(before) && !mayDraw.test(before)
}

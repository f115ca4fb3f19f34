/** Functions that a decorator turns into steps: finding them, and changing what the decorator is given. */
import type { Change, Import, Refusal, Write } from '../../edit/write.js'
import type { ArgumentValue, Call, Func, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { ChangeTarget } from '../../text/change-target.js'
import type { Json } from '../../text/json.js'
import { lookUp } from '../../text/records.js'
import { argumentValue, withKeyword } from '../../values/call-source.js'
import type { Key, Locator, Source } from '../../values/source.js'
import type { Given } from '../../values/value.js'
import type { Place } from '../../workload/builder.js'
import type { FragmentFacts } from '../reader.js'

export interface Decorated {
  func: Func
  decorator: Expr
  /** Null for a decorator without parentheses. */
  call: Call | null
  /** Canonical name of the decorator. */
  name: string
}

export function decoratedFunctions(python: PythonModule, wanted: RegExp): Decorated[] {
  const found: Decorated[] = []
  for (const func of python.functions) {
    for (const decorator of func.node.decorators) {
      const name = python.nameOf(decorator.type === 'call' ? decorator.callee : decorator)
      if (name === null || !wanted.test(name)) continue
      found.push({ func, decorator, call: decorator.type === 'call' ? python.callOf(decorator) : null, name })
      break
    }
  }
  return found
}

/** The name of the function, where it is defined. */
export function namePlace(func: Func): Place {
  return { start: func.node.nameStart, end: func.node.nameStart + func.node.name.length }
}

/** What a change edits: the decorator as a whole. */
export function decoratorSite(decorator: Expr, target?: ChangeTarget): Place {
  const site: Place = { start: decorator.start, end: decorator.end }
  if (target !== undefined) site.target = target
  return site
}

/** Arguments of a decorator: what is left out is shown at the name of the function. */
export class DecoratorSource implements Source {
  constructor(
    private readonly python: PythonModule,
    readonly decorated: Pick<Decorated, 'func' | 'decorator' | 'call'>,
    private readonly locator: Locator,
    /** `withName`: a value is shown with its keyword. */
    private readonly options: { target?: ChangeTarget; withName?: boolean } = {},
  ) {}

  argument(name: string): ArgumentValue {
    const { call } = this.decorated
    return call === null ? { state: 'absent' } : this.python.argument(call, name)
  }

  get(...path: Key[]): Given<Json> {
    const { func, decorator, call } = this.decorated
    const argument = this.argument(String(path[0]))
    const { target, withName } = this.options
    const shown = call === null || withName !== true ? argument : withKeyword(call, argument)
    return argumentValue(shown, namePlace(func), decoratorSite(decorator, target), this.locator)
  }

  set(path: readonly Key[]): Refusal {
    return { reason: `${path.join('.')} stands in a decorator` }
  }
}

/** Gives the decorator keywords; `null` takes one away. */
export function changeDecorator(
  facts: FragmentFacts,
  site: { start: number; end: number },
  keywords: Record<string, string | null>,
  title: string,
  imports: Import[] = [],
): Change | Refusal {
  const { python, path, fragment } = facts
  if (python === undefined) return { reason: 'this is not written in Python' }
  const range = { fragment: fragment.index, start: site.start, end: site.end }
  const call = python.callAt(site)
  const change = (writes: Write[]): Change => ({ title, safety: 'unsafe', writes, imports })
  if (call === null) {
    const text = python.text.slice(site.start, site.end)
    const decorated = python.functions.some((func) =>
      func.node.decorators.some((one) => one.start === site.start && one.end === site.end),
    )
    if (!decorated) return { reason: 'the decorator is no longer there' }
    const given = Object.entries(keywords).flatMap(([name, code]) =>
      code === null ? [] : [`${name}=${code}`],
    )
    return change([{ kind: 'replace', path, range, text: `${text}(${given.join(', ')})` }])
  }
  const removed = Object.keys(keywords).filter((name) => lookUp(keywords, name) === null)
  const { args, callee } = call.expr
  const nothingLeft =
    args.length === removed.length && args.every((one) => one.name !== null && removed.includes(one.name))
  if (nothingLeft && removed.length === Object.keys(keywords).length)
    return change([{ kind: 'replace', path, range, text: python.text.slice(callee.start, callee.end) }])
  return change(
    Object.entries(keywords).map(
      ([name, code]): Write =>
        code === null
          ? { kind: 'remove keyword', path, call: range, name }
          : { kind: 'set keyword', path, call: range, name, value: code },
    ),
  )
}

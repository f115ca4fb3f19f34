/** Formats that a program takes from the engine around its loop: they decide nothing by themselves. */
import type { PythonModule } from '../../python/module.js'
import type { Assign } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'

const enginePrecision = /\bmixed_precision\b/
const shortFormat = /\btorch\.(float16|half|bfloat16)\b/

/** `if accelerator.mixed_precision == 'fp16': dtype = torch.float16`, and what is given this `dtype`. */
export function followsEngine(python: PythonModule, offset: number): boolean {
  const statement = assignments(python).find(({ start, end }) => start <= offset && offset < end)
  if (statement !== undefined && isEngines(python, statement)) return true
  const name = /^[A-Za-z_]\w*(?![\w.([])/.exec(python.text.slice(offset, offset + 60))?.[0]
  return name !== undefined && enginesNames(python).has(name)
}

function assignments(python: PythonModule): Assign[] {
  return once(python, 'assignments of formats', () =>
    python.statements.filter(
      (one): one is Assign => one.type === 'assign' && /torch\.|mixed_precision/.test(textOf(python, one)),
    ),
  )
}

/** Names of which every short format is chosen by the engine's precision. */
function enginesNames(python: PythonModule): Set<string> {
  return once(python, 'formats of the engine', () => {
    const found = new Set<string>()
    const others = new Set<string>()
    for (const one of assignments(python)) {
      const short = shortFormat.test(textOf(python, one))
      for (const target of one.targets) {
        if (target.type !== 'name') continue
        if (isEngines(python, one)) found.add(target.id)
        else if (short) others.add(target.id)
      }
    }
    return new Set([...found].filter((name) => !others.has(name)))
  })
}

function isEngines(python: PythonModule, { start, end, value }: Assign): boolean {
  if (value !== null && enginePrecision.test(python.code.slice(value.start, value.end))) return true
  if (!shortFormat.test(python.code.slice(start, end))) return false
  const reach = python.reach(start)
  return (
    reach.state === 'sometimes' &&
    reach.conditions.some(({ condition }) => enginePrecision.test(condition.holds))
  )
}

function textOf({ code }: PythonModule, { start, end }: Assign): string {
  return code.slice(start, end)
}

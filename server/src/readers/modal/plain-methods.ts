/** Methods of a class on accelerators that compute nothing there: they ask other services, and read what these answer. */
import type { Func, Klass, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf, lastName } from '../../syntax/python-children.js'
import { acceleratorUse } from '../pipelines/accelerator-use.js'
import { reachedCode } from '../pipelines/reached-code.js'
import { reachedFunctions } from '../pipelines/step-work.js'

/** Libraries that wait for an answer from elsewhere, or read pages. */
const asksElsewhere =
  /^(requests|httpx|aiohttp|urllib\.request|urllib3|openai|anthropic|googlemaps|trafilatura|bs4|playwright|selenium|scrapy|yt_dlp|boto3|supabase|psycopg2?|pymongo|smtplib|twilio|stripe|cohere|googleapiclient)\./

/** What answers stands on the same machine, where the class has started it. */
const asksItself = /\blocalhost\b|\b127\.0\.0\.1\b|\b0\.0\.0\.0\b/

/** Those that the platform calls, in the order of the class. */
export function plainMethods(python: PythonModule, klass: Klass): Func[] {
  if (asksItself.test(python.code)) return []
  const methods = [...klass.methods.values()]
  const plain = new Set(methods.filter((one) => isPlain(python, one)))
  // `global pipe`
  const shared = new Set(
    python.statements.flatMap((one) => (one.type === 'global' ? one.children.map(lastName) : [])),
  )
  const uses = new Map([...plain].map((one) => [one, ownUses(klass, one, shared)]))
  // One that hands its work to another is as plain as that.
  for (let size = -1; size !== plain.size; ) {
    size = plain.size
    for (const one of plain)
      if (
        uses.get(one)!.some((name) => {
          const other = klass.methods.get(name)
          return other === undefined || !plain.has(other)
        })
      )
        plain.delete(one)
  }
  return [...plain].filter((one) => isCalledFromOutside(one) && waits(python, one))
}

const isCalledFromOutside = ({ node }: Func): boolean =>
  node.decorators.some((one) => {
    const callee = one.type === 'call' ? one.callee : one
    const name = callee.type === 'attribute' ? callee.attr : callee.type === 'name' ? callee.id : ''
    return /^(method|web_endpoint|fastapi_endpoint)$/.test(name)
  })

function isPlain(python: PythonModule, method: Func): boolean {
  const use = acceleratorUse(python, reachedCode(python, method))
  return !('because' in use) && use.library === null
}

const waits = (python: PythonModule, method: Func): boolean =>
  reachedFunctions(python, method).some((func) =>
    func.calls.some(({ name, receiver }) => asksElsewhere.test(`${name ?? receiver ?? ''}.`)),
  )

/** What it names of its own object: methods, and what the class has kept, there or in a name of the module; '' for the object itself. */
function ownUses(klass: Klass, { node }: Func, shared: ReadonlySet<string>): string[] {
  const own = new Set([node.params[0]?.name, klass.name])
  const found: string[] = []
  const visit = (expr: Expr): void => {
    if (expr.type === 'attribute' && expr.value.type === 'name' && own.has(expr.value.id))
      found.push(expr.attr)
    else {
      if (expr.type === 'name' && (own.has(expr.id) || shared.has(expr.id))) found.push('')
      childrenOf(expr).forEach(visit)
    }
  }
  const walk = (statements: readonly Stmt[]): void => {
    for (const one of statements) {
      expressionsOf(one).forEach(visit)
      blocksOf(one).forEach(walk)
    }
  }
  walk(node.body)
  return found
}

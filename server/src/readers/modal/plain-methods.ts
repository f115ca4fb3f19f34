/** Methods of a class on accelerators that compute nothing there: they ask other services, and read what these answer. */
import type { Func, Klass, PythonModule } from '../../python/module.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { blocksOf, childrenOf, expressionsOf } from '../../syntax/python-children.js'
import { acceleratorUse } from '../pipelines/accelerator-use.js'
import { reachedCode } from '../pipelines/reached-code.js'
import { reachedFunctions } from '../pipelines/step-work.js'

/** Libraries that wait for an answer from elsewhere, or read pages. */
const asksElsewhere =
  /^(requests|httpx|aiohttp|urllib\.request|urllib3|openai|anthropic|googlemaps|trafilatura|bs4|playwright|selenium|scrapy|yt_dlp|boto3|supabase|psycopg2?|pymongo|smtplib|twilio|stripe|cohere|googleapiclient)\./

/** Those that the platform calls, in the order of the class. */
export function plainMethods(python: PythonModule, klass: Klass): Func[] {
  const methods = [...klass.methods.values()]
  const plain = new Set(methods.filter((one) => isPlain(python, one)))
  // One that hands its work to another is as plain as that.
  for (let size = -1; size !== plain.size; ) {
    size = plain.size
    for (const one of plain)
      if (
        ownAttributes(one).some((name) => {
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

/** What it names of its own object: methods, and what the class has kept. */
function ownAttributes({ node }: Func): string[] {
  const self = node.params[0]?.name
  const found: string[] = []
  const visit = (expr: Expr): void => {
    if (expr.type === 'attribute' && expr.value.type === 'name' && expr.value.id === self)
      found.push(expr.attr)
    childrenOf(expr).forEach(visit)
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

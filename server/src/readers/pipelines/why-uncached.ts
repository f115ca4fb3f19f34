/** Reasons that the code itself gives for running a step each time. */
import type { Func, PythonModule } from '../../python/module.js'
import type { Span } from '../../text/location.js'
import { reachedFunctions } from './step-work.js'

const stated =
  /determin|random|fresh|up.to.date|newest|live\b|current (data|state|value|price|time|status)|may (have )?change|can change|side.?effect|stateful|external|idempot|never cache|(not|never|don'?t|avoid|no) (be |use |using )?(cach|reus)|picks? up|latest|always (run|re-?run|execute|fetch|pull|get)|(run|re-?run|executed?|fetch|pull) (each|every|always)|each (time|run|day|night)|every (time|run|day|night|hour)|daily|nightly|to force|debug|infinite|new (data|versions?|rows|records|files|events)|volume/i

/** True where one of these comments says so, beside the switch or right above it. */
export function isExplained(
  text: string,
  comments: readonly (Span & { text: string })[],
  span: Span,
): boolean {
  const lineStart = text.lastIndexOf('\n', Math.max(0, span.start - 1)) + 1
  const lineEnd = text.indexOf('\n', span.end)
  const end = lineEnd < 0 ? text.length : lineEnd
  // Comment lines that stand directly above belong to it.
  let from = lineStart
  for (let lines = 0; lines < 4 && from > 0; lines++) {
    const before = text.lastIndexOf('\n', from - 2) + 1
    if (!/^\s*(#|@)/.test(text.slice(before, from))) break
    from = before
  }
  return comments.some(
    (comment) => comment.start >= from && comment.start <= end && stated.test(comment.text),
  )
}

export const explained = 'a comment says so'

const drawn =
  /^(random\.(random|randint|choices?|randrange|sample|uniform|getrandbits|shuffle)|uuid\.uuid[14]|secrets\.\w+|numpy\.random\.(rand|randint|random|randn|choice|uniform|normal))$/
const outside =
  /^(requests\.(get|post|put|request)|urllib\.request\.urlopen|google\.cloud\.bigquery\.|pymysql\.|psycopg2?\.|sqlalchemy\.create_engine|pandas\.read_(sql|sql_query|sql_table|gbq)|snowflake\.|feedparser\.|yfinance\.|pymongo\.|zenml\.client\.Client|zenml\.(steps\.)?get_step_context|zenml\.(pipelines\.)?get_pipeline_context|openai\.|anthropic\.|litellm\.)/
const clocks = /^(datetime\.datetime\.(now|utcnow)|datetime\.date\.today|time\.time)$/

const asksForNews = /(^|_)(latest|newest|recent|today|yesterday|live|incremental|poll|sync)(_|$)/i

export interface Reason {
  because: string
  /** Its source may have changed where nothing that goes in has. */
  source: boolean
}

/**
 * Why the result may differ though nothing that goes in has changed: what the code of the step reaches, or what a
 * comment beside the switch says.
 */
export function whyUncached(python: PythonModule, switched: Span, code: Func | null): Reason | null {
  if (isExplained(python.text, python.tree.comments, switched)) return { because: explained, source: false }
  if (code === null) return null
  if (asksForNews.test(code.name)) return { because: `it asks for what is new (${code.name})`, source: true }
  const calls = reachedFunctions(python, code).flatMap((one) => one.calls)
  const seeded = calls.some((call) => /(^|_|\.)seed$/.test(call.method))
  for (const call of calls) {
    if (call.name === null) continue
    if (outside.test(call.name)) return { because: `it asks another system (${call.name})`, source: true }
    if (!seeded && drawn.test(call.name)) return { because: 'it draws random numbers', source: false }
    if (clocks.test(call.name) && !usedForTiming(calls.length, call.method))
      return { because: 'it reads the clock', source: false }
  }
  return null
}

/** A clock that is read twice or more in code that does other work measures how long something takes. */
function usedForTiming(calls: number, method: string): boolean {
  return method === 'time' && calls > 3
}

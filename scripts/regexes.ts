/**
 * `npm run regexes`: each regular expression of the engine and the client goes through recheck, which looks for texts on which
 * matching takes more than linear time, and tries them. One that is exponential, or worse than quadratic, ends it with 1.
 * Quadratic ones are listed with the text that shows it: what they may cost is bounded by the length of what they are given.
 */
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check, type Diagnostics } from 'recheck'
import type { Node } from 'typescript/unstable/ast'
import { isRegularExpressionLiteral } from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'

const root = fileURLToPath(new URL('../', import.meta.url))
/** Milliseconds for one expression. */
const mostTime = 2_000

/** The places of each expression, by `/source/flags`. */
function expressions(): Map<string, string[]> {
  const found = new Map<string, string[]>()
  const api = new API({ cwd: root })
  try {
    const config = join(root, 'tsconfig.json')
    const project = api.updateSnapshot({ openProjects: [config] }).getProject(config)!
    for (const path of project.rootFiles.filter((path) => /\/(server\/src|client)\//.test(path))) {
      const file = project.program.getSourceFile(path)!
      const visit = (node: Node): void => {
        if (isRegularExpressionLiteral(node)) {
          const line = file.text.slice(0, node.getStart()).split('\n').length
          const place = `${relative(root, path)}:${line}`
          found.set(node.text, [...(found.get(node.text) ?? []), place])
        }
        node.forEachChild(visit)
      }
      visit(file)
    }
  } finally {
    api.close()
  }
  return found
}

function degree(result: Diagnostics): number {
  if (result.status !== 'vulnerable') return 1
  return result.complexity.type === 'polynomial' ? result.complexity.degree : Infinity
}

const all = [...expressions()]
const judged: { text: string; places: string[]; result: Diagnostics }[] = []
const queue = [...all]
await Promise.all(
  Array.from({ length: Math.max(1, availableParallelism() - 1) }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [text, places] = next
      const end = text.lastIndexOf('/')
      const result = await check(text.slice(1, end), text.slice(end + 1), { timeout: mostTime })
      judged.push({ text, places, result })
    }
  }),
)

const undecided = judged.filter(({ result }) => result.status === 'unknown')
const slow = judged
  .filter(({ result }) => result.status === 'vulnerable')
  .sort((a, b) => degree(b.result) - degree(a.result) || (a.text < b.text ? -1 : 1))
for (const { text, places, result } of slow)
  console.log(
    `${degree(result)}\t${places.join(' ')}\t${text}\t${result.status === 'vulnerable' ? result.attack.pattern : ''}`,
  )
for (const { text, places, result } of undecided)
  console.log(`?\t${places.join(' ')}\t${text}\t${result.status === 'unknown' ? result.error.kind : ''}`)
const worse = slow.filter(({ result }) => degree(result) > 2)
console.log(
  `${all.length} expressions: ${slow.length - worse.length} quadratic, ${worse.length} worse, ${undecided.length} not decided`,
)
process.exitCode = worse.length === 0 ? 0 : 1

/** Why code runs a network on one record at a time on purpose. */
import type { Func, Loop, PythonModule } from '../../python/module.js'
import { originsOf } from '../../python/value-origins.js'
import type { Stmt } from '../../syntax/python-ast.js'
import { blocksOf } from '../../syntax/python-children.js'
import type { Span } from '../../text/location.js'
import { elementFunctions } from './element-functions.js'

const clock =
  /\b(perf_counter|monotonic|default_timer|process_time)(_ns)?\(|\btime\.time(_ns)?\(|cuda\.Event\(/
const drawing =
  /\bplt\.|\.imshow\(|\bax\w*(\[[^\]]*\])?\.\w+\(|(^|[^.\w])display\(|\bst\.\w+\(|\bdraw\w*\(|visuali[sz]e\w{0,40}\(|\bplot\w*\(/i
const keeping =
  /\.(append|extend|add|add_batch|update|write|writerow|writelines|dump|put|insert|log|log_metric|imwrite|save\w*|to_csv|send|submit)\(|\bdumps?\(|\byield\b|imwrite\(|\bsave\w*\(/i

const printing = /\bp?print\(|\blog(ger|ging)?\.(info|debug|warning)\(/

/** What the code around a pass speaks for, as a clause; null: nothing. `loop`: null where a comprehension or a call goes through the records. */
export function wantedPass(
  python: PythonModule,
  { loop, span }: { loop: Loop | null; span: Span },
  func: Func | null,
): string | null {
  if (func !== null && elementFunctions(python).some((one) => one.func === func && isAsked.test(one.each)))
    return 'it answers a request'
  const each = loop === null ? python.code.slice(span.start, span.end) : unconditional(python, loop.node.body)
  if (clock.test(each)) return 'it measures how long one takes'
  if (drawing.test(each)) return 'each result is drawn'
  if (loop !== null && printing.test(each) && !keepsResults(python, loop.node.body))
    return 'each result is printed, and none is kept'
  return null
}

/** Somebody waits for each answer; rows and elements are all there before. */
const isAsked = /^(request|task|call of the function|round)$/

/** A line is printed for each record, which somebody reads in a notebook. */
export function isPrinted(python: PythonModule, loop: Loop | null): boolean {
  return loop !== null && printing.test(unconditional(python, loop.node.body))
}

/** What is written in a block, without what stands behind conditions. */
function unconditional(python: PythonModule, block: readonly Stmt[]): string {
  const { code } = python
  return block
    .map((one): string => {
      if (one.type === 'if') return ''
      const inner = blocksOf(one)
      const [first] = inner.flat()
      if (first === undefined) return code.slice(one.start, one.end)
      return [code.slice(one.start, first.start), ...inner.map((more) => unconditional(python, more))].join(
        '\n',
      )
    })
    .join('\n')
}

/** Something stays of a record when the next one comes. */
function keepsResults(python: PythonModule, block: readonly Stmt[]): boolean {
  return block.some((one) => {
    const inner = blocksOf(one)
    if (inner.length > 0) return inner.some((more) => keepsResults(python, more))
    if (one.type === 'augassign' || one.type === 'return') return true
    if (one.type === 'assign' && one.targets.some(({ type }) => type !== 'name' && type !== 'tuple'))
      return true
    if (keeping.test(python.code.slice(one.start, one.end))) return true
    // `total = total + hit`.
    return one.type === 'assign' && one.value !== null && originsOf(python, one.value).carried
  })
}

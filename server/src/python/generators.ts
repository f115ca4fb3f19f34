/** Functions that hand out one value after the other. */
import type { Stmt } from '../syntax/python-ast.js'
import { blocksOf } from '../syntax/python-children.js'
import type { Func, PythonModule } from './module.js'

export function isGenerator({ code }: Pick<PythonModule, 'code'>, { node }: Func): boolean {
  const yields = (block: readonly Stmt[]): boolean =>
    block.some((statement) => {
      if (statement.type === 'function' || statement.type === 'class') return false
      if (statement.type === 'expr' || statement.type === 'assign') {
        const { value } = statement
        return value?.type === 'other' && /^\(?\s*yield\b/.test(code.slice(value.start, value.end))
      }
      return blocksOf(statement).some(yields)
    })
  return yields(node.body)
}

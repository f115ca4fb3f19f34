/** The batch of a training that takes it from no loader of this module, as calls name it: `get_batch(config.batch_size, length)`. */
import type { PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { once } from '../../text/once.js'
import { numberIn } from '../../values/argument.js'
import { countsParts } from './loader-arguments.js'

const batchName = /^(train_|micro_|mini_?)?batch_?size$/i
/** What is evaluated or tried out has a batch of its own. */
const aside = /eval|valid|test|generat|sampl|predict|inference/i

/** Null: nothing names it, or calls name several. */
export function namedBatch(python: PythonModule): { expr: Expr; key: string } | null {
  return once(python, 'the batch that calls name', () => {
    const found = python.calls.flatMap((call) => {
      const { expr, method, assignedTo, function: func } = call
      const other =
        aside.test(`${method} ${assignedTo ?? ''} ${func?.name ?? ''}`) || method === 'add_argument'
      return other || countsParts(python, call)
        ? []
        : expr.args.flatMap(({ name, value }) => {
            // `torch.randint(end, (batch_size,))`
            const items = value.type === 'tuple' || value.type === 'list' ? value.items : [value]
            return items.flatMap((item) => {
              const key = item === value && name !== null ? name : wordOf(item)
              return key !== null && batchName.test(key) ? [{ expr: item, key }] : []
            })
          })
    })
    const sizes = new Set(found.map((one) => numberIn(python.fold(one.expr))))
    const [size] = sizes
    return sizes.size === 1 && size !== null && size !== undefined && size >= 1 ? found[0]! : null
  })
}

function wordOf(expr: Expr): string | null {
  if (expr.type === 'attribute') return expr.attr
  return expr.type === 'name' ? expr.id : null
}

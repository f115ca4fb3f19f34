/** The option of a program for the number of its workers, which a loader may have been left out of. */
import type { Call, PythonModule } from '../../python/module.js'
import { effective } from '../../values/value.js'
import { codeText } from './evidence.js'

export interface WorkersOption {
  /** `args.num_workers`, as the code around the loader would write it. */
  code: string
  /** `--num_workers` */
  flag: string
  byDefault: number
}

const names = /^(num_?workers|n_?workers|workers|dataloader_num_workers|num_data_workers)$/i

/** Null: the program has none that is above zero by default, or it is not seen under which name its options go here. */
export function workersOption(python: PythonModule, call: Call): WorkersOption | null {
  const option = python.programArguments.find(({ name, flags }) => names.test(name) && flags.length > 0)
  const byDefault = option?.default == null ? undefined : effective(python.fold(option.default))
  if (option === undefined || typeof byDefault !== 'number' || byDefault < 1) return null
  const holder = holderOf(python, call)
  const flag = option.flags.find((one) => one.length > 1)
  return holder === null || flag === undefined
    ? null
    : { code: `${holder}.${option.name}`, flag: `--${flag}`, byDefault }
}

/** What the options are called where the loader is made: the function around it uses one of them, or they are parsed above it. */
function holderOf(python: PythonModule, call: Call): string | null {
  const others = python.programArguments.map(({ name }) => name).filter((name) => /^\w+$/.test(name))
  const func = call.function
  if (func !== null) {
    const text = codeText(python, func.node.start, func.node.end)
    const used = new RegExp(`(?<![\\w.])(\\w+)\\.(?:${others.join('|')})\\b`).exec(text)
    return used?.[1] ?? null
  }
  for (const statement of python.statements) {
    if (statement.start >= call.statement.start) break
    if (statement.type !== 'assign' || statement.value?.type !== 'call') continue
    const [target] = statement.targets
    const { callee } = statement.value
    if (target?.type !== 'name' || callee.type !== 'attribute' || callee.attr !== 'parse_args') continue
    if (python.tree.body.includes(statement)) return target.id
  }
  return null
}

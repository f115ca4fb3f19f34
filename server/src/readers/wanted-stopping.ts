/** Early stopping that somebody has begun and not finished: what would end the run is imported or asked for, and nothing uses it. */
import type { PythonModule } from '../python/module.js'
import type { Span } from '../text/location.js'
import { once } from '../text/once.js'
import type { SubjectBuilder } from '../workload/builder.js'

/** Says what is there for it, where nothing ends the run. */
export function claimWanted(python: PythonModule, training: SubjectBuilder<'Training'>): void {
  const [first] = unused(python)
  if (first !== undefined) training.known('stoppingWanted', first.key, first.says, first)
}

/** The code speaks of stopping elsewhere than in what nothing uses. */
export function speaksOfStopping(python: PythonModule, pattern: RegExp): boolean {
  let text = python.code
  for (const { start, end } of unused(python))
    text = text.slice(0, start) + ' '.repeat(end - start) + text.slice(end)
  return pattern.test(text)
}

interface Wanted extends Span {
  key: string
  /** As a clause: '`EarlyStopping` is imported and never used'. */
  says: string
}

function unused(python: PythonModule): Wanted[] {
  return once(python, 'wanted stopping', () => [...unusedImports(python), ...unreadOptions(python)])
}

function unusedImports(python: PythonModule): Wanted[] {
  return python.statements.flatMap((statement) => {
    if (statement.type !== 'import' || !statement.from) return []
    return statement.names.flatMap(({ name, alias, start, end }) => {
      if (!/^Early_?Stop(ping|per|ping_?Callback)?$/i.test(name)) return []
      const mentions = python.code.match(new RegExp(`\\b${alias ?? name}\\b`, 'g')) ?? []
      const says = `\`${name}\` is imported and never used`
      return mentions.length === 1 ? [{ key: name, says, start, end }] : []
    })
  })
}

function unreadOptions(python: PythonModule): Wanted[] {
  const named = python.programArguments.filter(
    ({ name, flags }) => flags.length > 0 && /^\w+$/.test(name) && /early_?stop|(^|_)patience$/i.test(name),
  )
  if (named.length === 0 || handsOn(python)) return []
  return named.flatMap(({ name, flags, span: { start, end } }) => {
    const rest = python.code.slice(0, start) + python.code.slice(end)
    const flag = `--${flags[0]}`
    return new RegExp(`\\b${name}\\b`).test(rest)
      ? []
      : [{ key: flag, says: `\`${flag}\` is an option that nothing reads`, start, end }]
  })
}

/** Another module is given all options, and may read any of them: `run(args)`, `Config(**vars(args))`. */
function handsOn(python: PythonModule): boolean {
  return python.calls.some(({ name, expr: { callee, args } }) => {
    if (name === 'vars' || name === 'setattr' || name === 'getattr') return true
    if (python.functionOf(callee) !== null || python.classOf(callee) !== null) return false
    // Libraries record or print them.
    if (name !== null && /^(print|str|repr|logging\.|wandb\.|mlflow\.|json\.)/.test(name)) return false
    return args.some(({ value }) => {
      const given = value.type === 'starred' ? value.value : value
      return given.type === 'name' && options.test(given.id)
    })
  })
}

const options = /^(args?|opts?|options?|flags?|params?|hparams|cfg|conf(ig)?|parsed)$/i

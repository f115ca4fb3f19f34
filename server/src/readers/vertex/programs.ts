/** What a container or a package that is given to Vertex AI in Python starts. */
import type { ArgumentValue, Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import { numberArgument, passedExpression, textArgument } from '../../values/argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { bareCommand } from '../bare-command.js'
import { claimContainerInCode } from '../container-in-code.js'
import { claimShellLaunch, launchesOf } from '../shell/launches.js'
import { wordsOf } from '../words-in-code.js'

interface Started {
  job: string
  id: string
  nodes: number
}

/** `container_spec` or `python_package_spec` of a worker pool. */
export function claimPoolProgram(
  python: PythonModule,
  claims: ClaimBuilder,
  pool: Expr,
  job: string,
  index: number,
): void {
  const part = (name: string): Expr | null => {
    const given = passedExpression(python.entry(python.definition(pool), name))
    const spec = given === null ? null : python.definition(given)
    return spec?.type === 'dict' || spec?.type === 'call' ? spec : null
  }
  const replicas = numberArgument(python.entry(python.definition(pool), 'replica_count'))
  const started = { job, id: `${job}:${index}`, nodes: replicas ?? 1 }
  const container = part('container_spec')
  if (container !== null)
    claimContainerInCode(python, claims, {
      image: python.entry(container, 'image_uri'),
      command: python.entry(container, 'command'),
      args: python.entry(container, 'args'),
      ...started,
    })
  const code = part('python_package_spec')
  if (code !== null)
    claimModule(python, claims, python.entry(code, 'python_module'), python.entry(code, 'args'), started)
}

/** Of `CustomContainerTrainingJob` and `CustomPythonPackageTrainingJob`; `asked` is the `run` with the arguments. */
export function claimJobProgram(
  python: PythonModule,
  claims: ClaimBuilder,
  made: Call,
  asked: Call,
  job: string,
): void {
  const args = python.argument(asked, 'args')
  const started = { job, id: job, nodes: 1 }
  if (/PythonPackageTrainingJob(RunOp)?$/.test(made.name ?? ''))
    claimModule(python, claims, python.argument(made, 'python_module_name', 2), args, started)
  else if (/ContainerTrainingJob(RunOp)?$/.test(made.name ?? ''))
    claimContainerInCode(python, claims, {
      image: python.argument(made, 'container_uri', 1),
      command: python.argument(made, 'command', 2),
      args,
      ...started,
    })
}

/** `python_module='trainer.task'` of a package that was uploaded. */
function claimModule(
  python: PythonModule,
  claims: ClaimBuilder,
  module: ArgumentValue,
  args: ArgumentValue,
  started: Started,
): void {
  const name = textArgument(module)
  const shown = passedExpression(module)
  const given = wordsOf(python, args)
  if (name === null || shown === null) return
  const place = { start: shown.start, end: shown.end }
  const word = (text: string) => ({ text, raw: text, ...place })
  const command = bareCommand([word('python'), word('-m'), word(name), ...(given ?? [])], place)
  for (const { parts } of launchesOf([command], (span) => claims.locate(span)))
    claimShellLaunch(
      claims,
      { command, parts: { ...parts, complete: parts.complete && given !== null } },
      { ...started, place },
    )
}

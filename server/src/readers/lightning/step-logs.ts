/** What a `training_step` shows in each step through `self.log`. */
import type { Func, PythonModule } from '../../python/module.js'
import type { CallExpr } from '../../syntax/python-ast.js'
import { knownArgument } from '../../values/argument.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import { claimOperation } from '../operation-claims.js'
import { callsIn, hotCode } from '../pytorch/hot-code.js'
import { isRealModel } from '../pytorch/model-evidence.js'
import { stepEvidence } from '../pytorch/operations.js'

const lightningModule = /^lightning\.(pytorch\.)?(core\.)?(\w+\.)*LightningModule$/

/** Values on the progress bar that are worth a word: each is read from the accelerator whenever it is drawn. */
const many = 3

interface Shown {
  what: string
  node: CallExpr
}

export function readStepLogs(python: PythonModule, claims: ClaimBuilder): void {
  for (const klass of python.classes) {
    const step = klass.methods.get('training_step')
    if (step === undefined || !klass.bases.some((base) => lightningModule.test(base))) continue
    const shown = logsOf(python, step)
    const [first] = shown
    if (first === undefined || shown.length < many) continue
    const at = { start: first.node.start, end: first.node.end }
    claimOperation(claims, {
      kind: 'synchronise',
      place: 'step',
      key: first.what,
      at,
      site: {
        start: step.node.start,
        end: step.node.end,
        target: {
          kind: 'refused',
          reason: 'show fewer values, log them with on_step=False, or draw the bar less often (refresh_rate)',
        },
      },
      scope: step.qualified,
      evidence: stepEvidence(python),
      places: shown,
      weight: 'ordinary',
      realModel: isRealModel(python),
    })
  }
}

/** One for each value that a call in the step has read. */
function logsOf(python: PythonModule, step: Func): Shown[] {
  const { statements } = hotCode(python, step.node.body, step)
  return statements.flatMap(({ expressions, guarded, conditional, exceptional }): Shown[] => {
    if (guarded || conditional || exceptional) return []
    return expressions.flatMap((expr) =>
      callsIn(python, expr).flatMap((call): Shown[] => {
        const { callee, args } = call.expr
        if (callee.type !== 'attribute' || !/^log(_dict)?$/.test(callee.attr)) return []
        if (callee.value.type !== 'name' || callee.value.id !== 'self') return []
        const is = (name: string, value: boolean) => knownArgument(python.argument(call, name)) === value
        if (is('on_step', false) || !is('prog_bar', true)) return []
        const given = callee.attr === 'log' ? undefined : args[0]?.value
        const values = given === undefined ? undefined : python.definition(given)
        const count = values?.type === 'dict' ? Math.max(1, values.entries.length) : 1
        return Array.from({ length: count }, () => ({
          what: `self.${callee.attr}(prog_bar=True)`,
          node: call.expr,
        }))
      }),
    )
  })
}

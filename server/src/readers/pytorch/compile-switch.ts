/** Switches of a program that would have its model compiled, and are off. */
import type { Folded, PythonModule } from '../../python/module.js'
import { conjuncts } from '../../syntax/conjuncts.js'
import type { Expr, Stmt } from '../../syntax/python-ast.js'
import { fixedValue } from '../../values/argument.js'
import { foldedValue } from '../../values/folded-value.js'
import type { ClaimBuilder } from '../../workload/builder.js'
import type { Evidence } from '../../workload/claim.js'
import { claimOperation } from '../operation-claims.js'
import { compileHindered } from './compile.js'
import { isRealModel } from './model-evidence.js'

const compiles = /\btorch\.compile\(|\.compile\(\s*\)|\bcompile_model\(/

export function readCompileSwitches(python: PythonModule, evidence: Evidence, claims: ClaimBuilder): void {
  const [first] = python.statements.flatMap((statement) => switchIn(python, statement))
  if (first === undefined) return
  const { test, value } = first
  const at = { start: test.start, end: test.end }
  const from = foldedValue(value, at, { ...at, target: { kind: 'refused', reason } }, claims)
  claimOperation(claims, {
    kind: 'compile off',
    place: 'run',
    key: `${lastName(test)}=False`,
    at,
    site: from.site,
    scope: '',
    evidence,
    from,
    realModel: isRealModel(python),
    wantedFor: compileHindered(python),
  })
}

const reason = 'turn the switch on where it is set'

interface Off {
  test: Expr
  value: Folded
}

/** `if self.hparams.compile and stage == 'fit': self.net = torch.compile(self.net)` */
function switchIn(python: PythonModule, statement: Stmt): Off[] {
  if (statement.type !== 'if') return []
  const tests = conjuncts(statement.test).filter(({ start, end }) =>
    /compil/i.test(python.text.slice(start, end)),
  )
  if (tests.length === 0 || !compiles.test(python.text.slice(statement.test.end, statement.end))) return []
  return tests.flatMap((test) => {
    const value = offIn(python.fold(test))
    return value === null ? [] : [{ test, value }]
  })
}

/** What switches it off, where nothing switches it on. */
function offIn(folded: Folded): Folded | null {
  const options = folded.state === 'known' ? [folded] : (folded.options?.map((one) => one.folded) ?? [])
  const off = options.filter(({ value }) => !value)
  if (off.length === 0 || off.length < options.length) return null
  const written = off.find(({ channel, value }) => channel === 'named file' && value === false)
  return written ?? off.find((one) => fixedValue(one) === false) ?? null
}

const lastName = (expr: Expr): string =>
  expr.type === 'name' ? expr.id : expr.type === 'attribute' ? expr.attr : 'compile'

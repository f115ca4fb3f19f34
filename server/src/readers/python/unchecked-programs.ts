/** Python programs that start a training and do not ask how it ended. */
import type { Change, Refusal } from '../../edit/write.js'
import type { Call, PythonModule } from '../../python/module.js'
import type { Expr } from '../../syntax/python-ast.js'
import type { Claim } from '../../workload/claim.js'
import { rangeOf, refuse } from '../change-answer.js'
import { claimOperation } from '../operation-claims.js'
import { defineReader, type FragmentFacts } from '../reader.js'
import { trainsByProgram } from '../shell/failures.js'
import { commandText, starters } from './started-programs.js'

export const uncheckedProgramsReader = defineReader({
  name: 'unchecked-programs',
  languages: ['python'],
  triggers: ['subprocess', 'os.system', 'Process(', '.submit('],
  read(facts, _context, claims) {
    const { python } = facts
    if (python === undefined || python.evidence.role === 'test') return
    for (const { call, key, program } of [...uncheckedPrograms(python), ...uncheckedProcesses(python)]) {
      const at = { start: call.expr.callee.start, end: call.expr.callee.end }
      claimOperation(claims, {
        kind: 'swallow failure',
        place: 'run',
        key,
        at,
        site: { start: call.expr.start, end: call.expr.end, target: { kind: 'call', role: 'run' } },
        scope: call.function?.qualified ?? '',
        evidence: { role: 'job', accelerator: 'maybe', small: null, notebook: python.evidence.notebook },
        weight: 'slight',
        subject: program,
      })
    }
  },
  change,
})

interface Unchecked {
  call: Call
  key: string
  program: string
}

function uncheckedPrograms(python: PythonModule): Unchecked[] {
  const found: Unchecked[] = []
  for (const call of python.calls) {
    if (!unasked.test(call.name ?? '')) continue
    const program = startedTraining(python, call)
    if (program === null) continue
    const { statement, expr, name } = call
    if (name === 'subprocess.Popen') {
      const waited = waitFor(python, call)
      if (waited !== null) found.push({ call: waited, key: `${textOf(python, waited.expr)}`, program })
      continue
    }
    // Whatever uses the result may ask for the status.
    if (!isIgnored(python, call) && (statement.type !== 'expr' || statement.value !== expr)) continue
    if (name === 'subprocess.run' && python.argument(call, 'check').state !== 'absent') continue
    found.push({ call, key: `${textOf(python, expr.callee)}(…)`, program })
  }
  return found
}

/** What raises nothing where the program fails. */
const unasked = /^(subprocess\.(run|call|Popen)|os\.system)$/

/** `code = os.system(…)`, and nothing reads the name. */
function isIgnored(python: PythonModule, { statement, assignedTo, expr }: Call): boolean {
  if (statement.type !== 'assign' || statement.value !== expr || assignedTo === null) return false
  if (!/^\w+$/.test(assignedTo)) return false
  return (python.code.match(new RegExp(`\\b${assignedTo}\\b(?!\\s*=[^=])`, 'g')) ?? []).length === 0
}

/** Functions that train, in processes of their own or handed to a pool, whose end nobody asks for. */
function uncheckedProcesses(python: PythonModule): Unchecked[] {
  if (
    /\.(exitcode|result\(|exception\(|get\(|join_exit|add_done_callback)|as_completed|sentinel|Queue\(|Pipe\(/.test(
      python.code,
    )
  )
    return []
  const found: Unchecked[] = []
  for (const call of python.calls) {
    const isProcess = /^(multiprocessing|torch\.multiprocessing)\.(\w+\.)*Process$/.test(call.name ?? '')
    const isTask = call.method === 'submit' && /^concurrent\.futures\./.test(call.receiver ?? '')
    if (!isProcess && !isTask) continue
    const given = isProcess
      ? call.expr.args.find(({ name }) => name === 'target')?.value
      : call.expr.args[0]?.value
    if (given === undefined || !trains(python, given)) continue
    const shown = isProcess
      ? (python.calls.find(({ method, statement }) => method === 'join' && statement.type === 'expr') ?? call)
      : call
    found.push({ call: shown, key: textOf(python, shown.expr), program: textOf(python, given) })
    break
  }
  return found
}

function trains(python: PythonModule, func: Expr): boolean {
  const own = python.functionOf(func)
  return own === null ? python.importedFunction(func)?.trains === true : python.effectsOfFunction(own).trains
}

/** The training that a call starts; null: it starts none. */
export function startedTraining(python: PythonModule, call: Call): string | null {
  if (!starters.test(call.name ?? '')) return null
  const [command] = call.expr.args
  const text = command === undefined || command.star > 0 ? null : commandText(python, command.value)
  if (text === null) return null
  const words = text.split(/\s+/)
  const at = words.findIndex((word) => /\.(py|sh)$/.test(word))
  const program = words[at]
  return program !== undefined &&
    trainsByProgram(program.replace(/\.sh$/, '.py'), words.slice(0, at).map(baseName))
    ? program
    : null
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1)
}

/** What waits for a program without asking how it ended, or what starts it where nothing waits; null: something may ask. */
function waitFor(python: PythonModule, started: Call): Call | null {
  if (/\.(returncode|poll\(|send_signal|terminate)/.test(python.code)) return null
  // Where it is handed on, another function may ask.
  const { statement, assignedTo } = started
  const kept =
    assignedTo !== null || statement.type === 'assign' || /\.append\(/.test(textOf(python, statement))
  if (!kept && statement.type !== 'expr') return null
  const waits = python.calls.filter(
    ({ expr, method }) => /^(wait|communicate)$/.test(method) && expr.callee.type === 'attribute',
  )
  if (waits.length === 0) return isHandedOn(python, started) ? null : started
  const unread = waits.filter(
    (call) => isDropped(call) || (call.method === 'communicate' && isIgnored(python, call)),
  )
  return unread.length === waits.length && unread[0]!.function === started.function ? unread[0]! : null
}

/** `return process`, `self.process = Popen(…)`: another function may ask, or the window that it belongs to. */
function isHandedOn(python: PythonModule, { assignedTo }: Call): boolean {
  if (assignedTo === null) return false
  if (!/^\w+$/.test(assignedTo)) return true
  return new RegExp(
    `\\b(return|yield)\\b[^\\n]{0,200}\\b${assignedTo}\\b|\\w\\([^()\\n]{0,200}\\b${assignedTo}\\b[^.\\w]`,
  ).test(python.code)
}

/** `process.wait()` and `[one.wait() for one in processes]` as statements. */
function isDropped({ statement, expr }: Call): boolean {
  return statement.type === 'expr' && (statement.value === expr || statement.value.type === 'comprehension')
}

function textOf(python: PythonModule, { start, end }: { start: number; end: number }): string {
  return python.text.slice(start, end)
}

function change(claim: Claim, _value: unknown, facts: FragmentFacts): Change | Refusal {
  const { python, path } = facts
  const call = python?.callAt(claim.site) ?? null
  if (call === null) return refuse('the call is no longer in the file')
  if (/^(join|submit|Process)$/.test(call.method))
    return refuse('ask how each process has ended, and exit with 1 where one has failed')
  if (call.loops.length > 0)
    return refuse('one that fails need not end the others: count them, and exit with 1 at the end')
  const common: Pick<Change, 'safety' | 'imports'> = { safety: 'unsafe', imports: [] }
  if (call.name === 'subprocess.run')
    return {
      ...common,
      title: 'Stop when it fails (check=True)',
      writes: [{ kind: 'set keyword', path, call: rangeOf(facts, call.expr), name: 'check', value: 'True' }],
    }
  if (call.name === 'subprocess.call' && textOf(python!, call.expr.callee) === 'subprocess.call')
    return {
      ...common,
      title: 'Stop when it fails (subprocess.check_call)',
      writes: [{ kind: 'rename callee', path, call: rangeOf(facts, call.expr), to: 'subprocess.check_call' }],
    }
  return refuse('ask for the exit status of the training, and stop where it is not 0')
}

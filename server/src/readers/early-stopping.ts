/** What early stopping of any library is told: metric, patience, direction. */
import type { Change, Refusal, Safety } from '../edit/write.js'
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import type { Expr } from '../syntax/python-ast.js'
import { childrenOf } from '../syntax/python-children.js'
import { once } from '../text/once.js'
import { mayBePassed, numberArgument, passedExpression, textArgument } from '../values/argument.js'
import { asNumber, asWord } from '../values/parse.js'
import { calleePlace, callSite } from '../values/places.js'
import type { SubjectBuilder } from '../workload/builder.js'

/** Rows of the tables of callbacks that watch a metric. */
export const patienceRow = { keys: ['patience'], parse: asNumber, write: (epochs: number) => epochs } as const

const directions = new Map<string, 'lower' | 'higher'>([
  ['min', 'lower'],
  ['max', 'higher'],
])

export const directionRow = {
  keys: ['mode'],
  parse: asWord(directions),
  write: (direction: 'lower' | 'higher') => (direction === 'higher' ? 'max' : 'min'),
} as const

/**
 * An interval between evaluations that early stopping counts: it grows to `wanted` at most, and by less where patience
 * would span the whole run.
 * @param enough from this interval on, nothing is said
 */
export function slowed(every: number, wanted: number, enough: number): { every: number; safety: Safety } {
  const longer = Math.min(wanted, Math.max(enough, 5 * every))
  return { every: Number(longer.toPrecision(3)), safety: longer > 5 * every ? 'display' : 'unsafe' }
}

/**
 * Epochs without progress after which a run ends, where its learning rate is lowered on a plateau: it is lowered first, and
 * then has as long again to help. `display`: nobody knows when it is lowered.
 */
export function patienceFor(python: PythonModule, wanted: number): { patience: number; safety: Safety } {
  let patience = wanted
  let safety: Safety = 'unsafe'
  for (const call of python.calls) {
    if (!/(^|\.)ReduceLROnPlateau$/.test(call.name ?? '')) continue
    const given = python.argument(call, 'patience', call.name!.startsWith('torch.') ? 3 : 2)
    const lowered = mayBePassed(given) ? numberArgument(given) : 10
    if (lowered === null) safety = 'display'
    else patience = Math.max(patience, 2 * lowered)
  }
  return { patience, safety }
}

/** A patience that is there and too long, written as `change` writes it: at least as long as a plateau needs. */
export function withPatience(
  python: PythonModule | undefined,
  wanted: unknown,
  change: (patience: unknown) => Change | Refusal,
): Change | Refusal {
  if (python === undefined || typeof wanted !== 'number') return change(wanted)
  const { patience, safety } = patienceFor(python, wanted)
  const written = change(patience)
  return 'reason' in written || safety === 'unsafe' ? written : { ...written, safety }
}

/**
 * The callback of that class that ends a training: the one in its list, or the only one that the program makes, however it comes
 * to be handed over. Null: there is none, or it is one of several.
 * @param items what the list holds; null: that cannot be seen
 */
export function stoppingInUse(
  python: PythonModule,
  className: string,
  items: readonly Expr[] | null,
): Call | null {
  const calls = (items ?? []).map((item) => python.madeObjects(item)?.calls ?? python.callOf(item) ?? null)
  const handed = calls.flatMap((one) => one ?? []).filter(({ name }) => name === className)
  if (handed.length > 0) return handed.length === 1 ? handed[0]! : null
  if (items !== null && calls.every((one) => one !== null)) return null
  const [only, ...more] = python.callsMade(className)
  const forgotten = only !== undefined && forgottenCallbacks(python, className).includes(only)
  return only === undefined || more.length > 0 || forgotten ? null : only
}

/** A callback of that class that is made for this call, and is not handed to it. */
export function forgottenFor(python: PythonModule, className: string, user: Call): Call | undefined {
  return forgottenCallbacks(python, className).find(
    (call) =>
      call.function === user.function &&
      call.expr.start < user.expr.start &&
      !isTakenOut(python, call.assignedTo!, user),
  )
}

/** `callbacks=[saving],  # stopping]`: it was passed once, and is not on purpose. */
function isTakenOut(python: PythonModule, name: string, { expr: { start, end } }: Call): boolean {
  return python.tree.comments.some(
    (comment) =>
      comment.start > start && comment.start < end && new RegExp(`\\b${name}\\b`).test(comment.text),
  )
}

/** The callback `made` is never passed to `user`, which messages call as `spelled`. */
export function claimForgotten(
  training: SubjectBuilder<'Training'>,
  made: Call,
  user: Call,
  spelled: string,
): void {
  const key = made.name?.split('.').at(-1) ?? made.method
  training.known(
    'stoppingGap',
    key,
    `\`${made.assignedTo}\` is never passed to ${spelled}`,
    calleePlace(made),
    {
      site: callSite(
        user,
        made.assignedTo === null ? undefined : { kind: 'callback', name: made.assignedTo },
      ),
    },
  )
}

/** Callbacks of that class that are given a name, and the name is never read again. */
export function forgottenCallbacks(python: PythonModule, className: string): Call[] {
  return once(python, `forgotten ${className}`, () =>
    python.callsTo(className).filter(({ assignedTo }) => {
      if (assignedTo === null || !/^\w+$/.test(assignedTo)) return false
      // Everything but an assignment to the name.
      return !new RegExp(`\\b${assignedTo}\\b(?!\\s*=[^=])`).test(python.code)
    }),
  )
}

/** Why a callback that was made is not handed over as it is; null: it can be. */
export function whyNotHandedOver(python: PythonModule, name: string): Refusal | null {
  const made = python.calls.find((call) => call.assignedTo === name)
  if (made === undefined) return null
  const monitor = textArgument(python.argument(made, 'monitor', 0))
  const mode = textArgument(python.argument(made, 'mode'))
  if (monitor === null || mode === null || mode === 'auto') return null
  const grows = /(^|[_/])(acc\w*|\w*iou|dice\w*|f1\w*|auc\w*|map|recall|precision|score|bleu|psnr|ssim)$/i
  const wrong = grows.test(monitor) ? mode === 'min' : /loss$/i.test(monitor) && mode === 'max'
  return wrong ? { reason: `it watches ${monitor} with mode="${mode}": turn that round first` } : null
}

/** What a program scores itself on in the end, and early stopping would choose by. */
export function isTestSet(python: PythonModule, given: ArgumentValue): boolean {
  const expr = passedExpression(given)
  const names = expr === null ? [] : spelledIn(expr)
  const tests = names.filter((one) => /(^|_)te?st(_|s?$|ing|[A-Z\d])/i.test(one))
  if (tests.length === 0 || names.some((one) => /val|dev/i.test(one))) return false
  return python.calls.some(({ method, expr: { args } }) => {
    if (!/^(score|evaluate|predict\w*|test)$/.test(method) || args[0] === undefined) return false
    return spelledIn(args[0].value).some((one) => tests.includes(one))
  })
}

/** Names and attributes of an expression. */
function spelledIn(expr: Expr): string[] {
  const own = expr.type === 'name' ? [expr.id] : expr.type === 'attribute' ? [expr.attr] : []
  return [...own, ...childrenOf(expr).flatMap(spelledIn)]
}

export const ofTestSet = ', on data other than the test set'

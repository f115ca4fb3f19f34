/**
 * Releases that code was written for, as far as it can only run with them. Sources: migration guide of PyTorch 0.4 (`volatile`, and from
 * 0.5 on a loss has no element 0), release notes of PyTorch 1.5 (no Python 2), Keras 2.0 (names of arguments), 2.3 (`accuracy` in the
 * history) and 2.4 (needs TensorFlow 2.2, has no `tensorflow_backend`), TensorFlow 2.1 (the last one for Python 2).
 */

import type { Call, PythonModule } from '../python/module.js'
import { isBackward } from '../python/training-calls.js'
import { once } from '../text/once.js'
import { define, lookUp } from '../text/records.js'
import { tensorflowOnly } from './keras/settings.js'

type Versions = Record<string, string>

/** The versions in use, and upper bounds where the code tells them and the project says nothing of the library. */
export function withWrittenFor(python: PythonModule, versions: Versions): Versions {
  const bounds = boundsOf(python)
  const own = bounds.filter(
    ([name]) => ![name, `${name}==`, `${name}<`].some((key) => lookUp(versions, key) !== undefined),
  )
  if (own.length === 0) return versions
  const merged = { ...versions }
  for (const [name, bound] of own) define(merged, `${name}<`, bound)
  return merged
}

/** The lowest bound of each library. */
function boundsOf(python: PythonModule): [name: string, below: string][] {
  const { imports } = python
  const has = (root: RegExp): boolean => [...imports].some((one) => root.test(one))
  const torch = has(/^torch(\.|$)/)
  const keras = has(/^(keras|tensorflow\.keras)(\.|$)/)
  const tensorflow = has(/^tensorflow(\.|$)/)
  if (!torch && !keras && !tensorflow) return []
  const second = isPython2(python)
  const found: [string, string][] = []
  if (torch && indexesLoss(python)) found.push(['torch', keepsNoGraph(python) ? '0.4' : '0.5'])
  else if (torch && second) found.push(['torch', '1.5'])
  const first = keras && isFirstKeras(python)
  const short = keras && hasShortAccuracy(python)
  if (first || short) found.push(['keras', first ? '2.0' : '2.3'], ['tensorflow', '2.0'])
  else {
    if (keras && (second || (has(/^keras(\.|$)/) && isBeforeOnly(python))))
      found.push(['keras', tensorflowOnly])
    if (second) found.push(['tensorflow', '2.2'])
  }
  return found
}

/** What Python 3 does not even parse, and `xrange`, unless the file makes one. */
function isPython2(python: PythonModule): boolean {
  const written = once(python.tree, 'written for Python 2', () => python2Words(python.code))
  return written === 'prints' ? python.calls.some((call) => isPrintStatement(python, call)) : written
}

/** `'prints'`: only if that is a statement. */
function python2Words(code: string): boolean | 'prints' {
  // The word is found faster than the line that begins with it.
  if (
    /except[ \t]+[\w.]+[ \t]*,/.test(code) &&
    /^[ \t]*except[ \t]+[\w.]+[ \t]*,[ \t]*\w+[ \t]*:/m.test(code)
  )
    return true
  if (/\bxrange\(/.test(code) && !/\bxrange\s*=|import[^\n]*\b(xrange|\*)/.test(code)) return true
  return /\bprint[ \t]+["'\w]/.test(code) ? 'prints' : false
}

function isPrintStatement({ text }: PythonModule, { expr: { callee } }: Call): boolean {
  return callee.type === 'name' && callee.id === 'print' && !/^\s*\(/.test(text.slice(callee.end))
}

/** `loss.data[0]`, `errD_real.data[0]`, `loss.data.cpu().numpy()[0]` of what is propagated back, which is one number. */
function indexesLoss(python: PythonModule): boolean {
  const { code } = python
  if (!/\.data\b[\w.()]*\[\s*0\s*\]/.test(code)) return false
  if (/\b(\w*loss\w*|err(or)?_?[DG]\w*)\.data\[0\]/i.test(code)) return true
  const losses = new Set<string>()
  for (const call of python.calls) {
    const { callee } = call.expr
    if (isBackward(call) && callee.type === 'attribute' && callee.value.type === 'name')
      losses.add(callee.value.id)
  }
  return [...losses].some((name) =>
    new RegExp(
      `\\b${name}(\\[0\\])?(\\.cpu\\(\\))?\\.data(\\.cpu\\(\\))?(\\.numpy\\(\\))?\\[\\s*0\\s*\\]`,
    ).test(code),
  )
}

/** `Variable(images, volatile=True)`, which keeps no graph until 0.4 and does nothing from there on. */
function keepsNoGraph(python: PythonModule): boolean {
  return python.calls.some(({ expr }) => expr.args.some(({ name }) => name === 'volatile'))
}

/** What Keras 2.4 dropped, and names that TensorFlow 2, which it needs, does not have. */
function isBeforeOnly(python: PythonModule): boolean {
  return (
    /\bkeras\.backend\.tensorflow_backend\b/.test(python.code) ||
    python.uses('tensorflow.Session', 'tensorflow.ConfigProto')
  )
}

const firstWords = /^(nb_epoch|nb_filter|samples_per_epoch|border_mode|nb_row|nb_col)$/

/** Keras 1 is told by its own words. */
function isFirstKeras(python: PythonModule): boolean {
  return python.calls.some(({ expr, method }) =>
    /^(set_)?image_dim_ordering$/.test(method)
      ? true
      : expr.args.some((one) => one.name !== null && firstWords.test(one.name)),
  )
}

/** `history.history['acc']` of a model with `metrics=['accuracy']`, which is `accuracy` there from Keras 2.3 and TensorFlow 2.0 on. */
function hasShortAccuracy({ code }: PythonModule): boolean {
  if (!/\bhistory\[\s*(['"])(val_)?acc\1\s*\]/.test(code)) return false
  const metrics = [...code.matchAll(/\bmetrics\s*=\s*\[([^\]\n]*)\]/g)].map(([, inner]) => inner!)
  return metrics.length > 0 && metrics.every((inner) => /^\s*(['"])accuracy\1\s*,?\s*$/.test(inner))
}

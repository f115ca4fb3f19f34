/** The share of a table that is left for training where a program splits it. */
import type { Call, PythonModule } from '../../python/module.js'
import { numberArgument } from '../../values/argument.js'

/** Source: scikit-learn 1.5 and datasets 3, train_test_split. */
const splitOffByDefault = 0.25

/** Null: it splits nothing, in several ways, or by numbers that are not known. */
export function shareSplitOff(python: PythonModule): number | null {
  const shares = python.calls.flatMap((call) =>
    call.method === 'train_test_split' ? [shareLeft(python, call)] : [],
  )
  // Split once more, for a set to validate on beside the one to test on.
  if (shares.length === 0 || shares.length > 2) return null
  return shares.reduce((left, one) => (left === null || one === null ? null : left * one))
}

function shareLeft(python: PythonModule, call: Call): number | null {
  const [test, train] = ['test_size', 'train_size'].map((name) => {
    const argument = python.argument(call, name)
    return argument.state === 'absent' ? undefined : numberArgument(argument)
  })
  if (train === null || test === null) return null
  if (train !== undefined) return train > 0 && train < 1 ? train : null
  const off = test ?? splitOffByDefault
  return off > 0 && off < 1 ? 1 - off : null
}

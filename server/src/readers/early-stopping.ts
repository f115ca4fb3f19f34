/** What early stopping of any library is told: metric, patience, direction. */
import type { ArgumentValue, Call, PythonModule } from '../python/module.js'
import type { Json } from '../text/json.js'
import type { SubjectBuilder } from '../workload/builder.js'
import type { SettingName, Words } from '../workload/words.js'
import { claimArgument } from './claim-argument.js'
import { moduleText } from './pytorch/evidence.js'
import { once } from './pytorch/once.js'

/** One argument of the callback; what is left out is the library's default. */
export function claimFrom<K extends SettingName<'Training'>>(
  training: SubjectBuilder<'Training'>,
  setting: K,
  key: string,
  call: Call,
  argument: ArgumentValue,
  anchor: string,
  otherwise: Words['Training'][K],
  convert: (value: Json) => Words['Training'][K] | undefined,
): void {
  claimArgument(training, setting, key, call, argument, { convert, otherwise, anchor })
}

/** `otherwise`: the direction that a callback without `mode` takes; null: it goes by the name of the metric. */
export function claimDirection(
  training: SubjectBuilder<'Training'>,
  call: Call,
  mode: ArgumentValue,
  anchor: string,
  otherwise: 'lower' | 'higher' | null,
): void {
  claimArgument(training, 'stopDirection', 'mode', call, mode, {
    convert: (value) => (value === 'min' ? 'lower' : value === 'max' ? 'higher' : undefined),
    anchor,
    ...(otherwise === null ? {} : { otherwise }),
  })
}

/** Callbacks of that class that are given a name, and the name is never read again. */
export function forgottenCallbacks(python: PythonModule, className: string): Call[] {
  return once(python, `forgotten ${className}`, () =>
    python.callsTo(className).filter(({ assignedTo }) => {
      if (assignedTo === null || !/^\w+$/.test(assignedTo)) return false
      // Everything but an assignment to the name.
      return !new RegExp(`\\b${assignedTo}\\b(?!\\s*=[^=])`).test(moduleText(python))
    }),
  )
}

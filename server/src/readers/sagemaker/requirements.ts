/** Packages of `requirements.txt` in the folder of the script: its container installs them each time before it starts the script. */
import type { Call, PythonModule } from '../../python/module.js'
import { isLeftOut, passedExpression, textArgument } from '../../values/argument.js'
import type { ClaimBuilder, SubjectBuilder } from '../../workload/builder.js'
import { claimInstalledPackages } from '../installed-at-start.js'
import type { ReaderContext } from '../reader.js'

/** `source`: the call that says where the script lies. */
export function claimRequirements(
  python: PythonModule,
  claims: ClaimBuilder,
  context: ReaderContext,
  compute: SubjectBuilder<'Compute'>,
  source: Call,
): void {
  const folder = passedExpression(python.argument(source, 'source_dir'))
  const base = textArgument(python.argument(source, 'source_dir'))
  if (folder === null || base === null || base.includes(':')) return
  // In another repository.
  if (!isLeftOut(python.argument(source, 'git_config'))) return
  const path = `${base.replace(/^\.\//, '').replace(/(?<!\/)\/+$/, '')}/requirements.txt`.replace(
    /^\.?\//,
    '',
  )
  claims.namesText({ path })
  const text = context.textOf(path)?.text
  if (text === undefined || !/^[ \t]*[\w-]/m.test(text)) return
  claimInstalledPackages(claims, compute, {
    key: 'requirements.txt',
    packages: ['-r requirements.txt'],
    at: { start: folder.start, end: folder.end },
    instead: 'build an image with them, and name it as the image_uri of the estimator',
    holder: 'the job',
  })
}

/** `SourceCode(requirements='requirements.txt')`. */
export function claimNamedRequirements(
  python: PythonModule,
  claims: ClaimBuilder,
  compute: SubjectBuilder<'Compute'>,
  source: Call,
): void {
  const given = python.argument(source, 'requirements')
  const shown = passedExpression(given)
  const name = textArgument(given)
  if (shown === null || name === null || !name.endsWith('.txt')) return
  claimInstalledPackages(claims, compute, {
    key: 'requirements',
    packages: [`-r ${name}`],
    at: { start: shown.start, end: shown.end },
    instead: 'build an image with them, and name it as the training_image of the trainer',
    holder: 'the job',
  })
}

/** Commands that run a target of a Makefile of the project: `make -C ml train`. */
import type { ShellCommand } from '../../config/shell-facts.js'
import type { Launch } from '../../workload/claim.js'
import { bareLaunch } from '../bare-launch.js'
import { workOfName } from '../pipelines/step-work.js'
import { inside, spelled } from './launches.js'

interface MakeCall {
  launch: Omit<Launch, 'reader' | 'location'>
  /** It gives variables of its own: `LR=0.1`. */
  assigns: boolean
}

/** Null: another command, or one that cannot be read. */
export function makeCall(
  command: ShellCommand,
  around: { job: string | null; id: string; folder?: string | null },
): MakeCall | null {
  const [first, ...words] = command.words
  if (first?.text !== 'make') return null
  let folder: string | null = ''
  let target = ''
  let assigns = false
  for (let index = 0; index < words.length; index++) {
    const text = words[index]!.text
    if (text === null) return null
    if (/^(-C|--directory)$/.test(text)) folder = words[++index]?.text ?? null
    else if (/^-[fo]$/.test(text) || /^--(file|makefile)/.test(text)) return null
    else if (/^-j$/.test(text) && /^\d+$/.test(words[index + 1]?.text ?? '')) index++
    else if (text.includes('=')) assigns ||= !text.startsWith('-')
    // Of several targets the one that trains by its name says most.
    else if (!text.startsWith('-') && (target === '' || workOfName(text).includes('train'))) target = text
  }
  const home = inside(inside(around.folder ?? '', command.folder), folder)
  if (home === null || home.startsWith('/')) return null
  const program = { path: 'Makefile', module: null, bases: [home], placed: true }
  const launch = bareLaunch({ id: around.id, job: around.job, launcher: 'make', program })
  return { launch: { ...launch, shell: { arguments: [], target, spelled: spelled(command) } }, assigns }
}

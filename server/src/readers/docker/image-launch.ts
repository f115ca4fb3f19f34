import type { ScriptArguments } from '../../link/script-arguments.js'
import type { Launch, LaunchValue } from '../../workload/claim.js'

interface StartedImage {
  id: string
  job: string | null
  name: string
  /** Null: the image starts with the arguments that it has itself. */
  given: ScriptArguments | null
  environment: Record<string, LaunchValue>
  contained: boolean
}

/** Whatever the image starts by itself, once. */
export function imageLaunch({
  id,
  job,
  name,
  given,
  environment,
  contained,
}: StartedImage): Omit<Launch, 'reader' | 'location'> {
  return {
    id,
    job,
    launcher: 'image',
    program: { path: null, module: null, bases: [] },
    image: { name, arguments: given === null ? 'none' : 'given' },
    flags: given?.flags ?? {},
    positionals: given?.positionals ?? [],
    complete: given?.complete ?? true,
    environment,
    ...(contained ? { contained: true as const } : {}),
    launcherFlags: {},
    processes: null,
    nodes: 1,
    files: given?.files ?? [],
  }
}

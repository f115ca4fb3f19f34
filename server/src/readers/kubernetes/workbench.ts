/**
 * Pods and Jobs in which somebody works: they run a notebook server, an editor or a login, which stays for as long as nobody ends it.
 * Sources: jupyter_server, serverapp.py: `shutdown_no_activity_timeout` is 0, so never; code-server, `--idle-timeout-seconds` of its command line.
 */
import { at, items, textWithTemplates } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'

/** The option with which a server ends when nobody uses it. */
const options = [
  [/jupyter/, 'ServerApp.shutdown_no_activity_timeout'],
  [/code-server/, 'idle-timeout-seconds'],
] as const

const deadline = 'activeDeadlineSeconds'

export function claimWorkbench(
  compute: SubjectBuilder<'Compute'>,
  pod: ConfigNode | undefined,
  place: Place,
): void {
  compute.known('interactive', 'command', true, place)
  const commands = items(at(pod, 'containers'))
    .flatMap((one) => [...items(at(one, 'command')), ...items(at(one, 'args'))])
    .map((one) => textWithTemplates(one) ?? '')
  if (at(pod, deadline) !== undefined || commands.some((one) => ending.test(one))) return
  const option = options.find(([server]) => commands.some((one) => server.test(one)))?.[1]
  const reason =
    option === undefined ? `give it \`${deadline}\`` : `start the server with \`--${option}=3600\``
  const target = { kind: 'refused' as const, reason }
  compute.default('idleStop', option ?? deadline, null, place, {
    overridable: true,
    site: { ...place, target },
  })
}

/** What ends the server, the kernels that hold the accelerator, or the machine. */
const ending = /shutdown_no_activity_timeout|cull_idle_timeout|idle-timeout|\btimeout\b/

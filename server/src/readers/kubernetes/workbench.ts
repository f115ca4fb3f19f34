/**
 * Pods and Jobs in which somebody works: they run a notebook server or an editor, which stays for as long as nobody ends it. Source:
 * jupyter_server, serverapp.py: `shutdown_no_activity_timeout` is 0, so never.
 */
import { at, items, textWithTemplates } from '../../config/access.js'
import type { ConfigNode } from '../../config/node.js'
import type { Place, SubjectBuilder } from '../../workload/builder.js'

const key = 'ServerApp.shutdown_no_activity_timeout'

export function claimWorkbench(
  compute: SubjectBuilder<'Compute'>,
  pod: ConfigNode | undefined,
  place: Place,
): void {
  compute.known('interactive', 'command', true, place)
  const commands = items(at(pod, 'containers'))
    .flatMap((one) => [...items(at(one, 'command')), ...items(at(one, 'args'))])
    .map((one) => textWithTemplates(one) ?? '')
  if (at(pod, 'activeDeadlineSeconds') !== undefined || commands.some((one) => ending.test(one))) return
  const target = { kind: 'refused' as const, reason: `start the server with \`--${key}=3600\`` }
  compute.default('idleStop', key, null, place, { overridable: true, site: { ...place, target } })
}

/** What ends the server, the kernels that hold the accelerator, or the machine. */
const ending = /shutdown_no_activity_timeout|cull_idle_timeout|idle-timeout|\btimeout\b/

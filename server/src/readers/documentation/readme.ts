/**
 * Command lines in a README. They show which configuration a program is meant to be started with, where nothing else in the
 * project starts it; whoever starts it may pass something else.
 */
import { defineReader } from '../reader.js'
import { launchesOf, shellLaunch, shellLaunchId } from '../shell/launches.js'

export const readmeReader = defineReader({
  name: 'readme',
  languages: ['markdown'],
  triggers: ['.yaml', '.yml', '.json', '.toml', '.ini', '.cfg', '.conf'],
  read(facts, _context, claims) {
    const { shell, fragment } = facts
    if (shell === undefined) return
    for (const found of launchesOf(shell.commands, (span) => claims.locate(span))) {
      const { start, end } = found.command
      const launch = shellLaunch(found, { job: null, id: shellLaunchId(claims, fragment, found.command) })
      if (launch.files.length === 0 || launch.shell !== undefined) continue
      const flags = Object.entries(launch.flags).map(([name, flag]) => [name, { ...flag, overridable: true }])
      claims.launch(
        {
          ...launch,
          flags: Object.fromEntries(flags),
          environment: {},
          complete: false,
          documented: true,
        },
        { start, end },
      )
    }
  },
})

/** Commands that a project installs with its package: which function of which module each of them starts. */
import { at, entries, text } from '../config/access.js'
import type { ConfigFacts } from '../config/node.js'
import { folderOf, nearest } from './paths.js'

export interface ConsoleScript {
  name: string
  /** Dotted, as declared: 'trainer.cli'. */
  module: string
}

/** `name = "trainer.cli:main"` */
function script(name: string, target: string): ConsoleScript[] {
  const module = /^([A-Za-z_][\w.]*)\s*(?::\s*[\w.]+)?\s*(?:\[[^\]]*\])?$/.exec(target.trim())?.[1]
  return module === undefined || !/^[A-Za-z][\w.-]*$/.test(name) ? [] : [{ name, module }]
}

/** pyproject.toml: `[project.scripts]`, and `[tool.poetry.scripts]`. */
export function pyprojectScripts(facts: ConfigFacts): ConsoleScript[] {
  const root = facts.documents[0]?.root
  return [at(root, 'project', 'scripts'), at(root, 'tool', 'poetry', 'scripts')].flatMap((table) =>
    entries(table).flatMap(({ key, value }) =>
      script(key, text(value) ?? text(at(value, 'callable')) ?? text(at(value, 'reference')) ?? ''),
    ),
  )
}

/** setup.cfg: `console_scripts` of `[options.entry_points]`. */
export function setupCfgScripts(source: string): ConsoleScript[] {
  const table = /^\[options\.entry_points\][ \t]*\r?\n((?:(?!\[).*(?:\r?\n|$))*)/m.exec(source)?.[1] ?? ''
  return listed(/^console_scripts\s*=([^\n]*(?:\r?\n[ \t]+[^\n]*)*)/m.exec(table)?.[1] ?? '')
}

/** setup.py: `entry_points={'console_scripts': ['name = trainer.cli:main']}`, or one text. */
export function setupPyScripts(source: string): ConsoleScript[] {
  const code = source.replace(/#.*$/gm, '')
  const listing = /["']console_scripts["']\s*:\s*(\[[^\]]*\]|"""[\s\S]*?"""|["'][^"'\n]*["'])/.exec(code)?.[1]
  return listed((listing ?? '').replace(/["'[\],]+/g, '\n'))
}

function listed(lines: string): ConsoleScript[] {
  return lines.split(/\r?\n/).flatMap((line) => {
    const [, name, target] = /^\s*([\w.-]+)\s*=\s*(\S.*)$/.exec(line) ?? []
    return name === undefined || target === undefined ? [] : script(name, target)
  })
}

/** All that the files of a project declare. */
export class ConsoleScripts {
  private readonly byName = new Map<string, { module: string; path: string }[]>()

  add(path: string, scripts: readonly ConsoleScript[]): void {
    for (const { name, module } of scripts) {
      const list = this.byName.get(name)
      if (list === undefined) this.byName.set(name, [{ module, path }])
      else list.push({ module, path })
    }
  }

  /** Commands that start a module with this last name. */
  startingModule(name: string): string[] {
    return [...this.byName].flatMap(([command, targets]) =>
      targets.some(({ module }) => module === name || module.endsWith(`.${name}`)) ? [command] : [],
    )
  }

  /** Declared nearest to the file that calls it; undefined: nowhere, or in several places. */
  find(name: string, from: string): { module: string; folder: string } | undefined {
    const near = nearest(this.byName.get(name) ?? [], from, ({ path }) => path)
    const [found] = near
    if (found === undefined || near.some(({ module }) => module !== found.module)) return undefined
    return { module: found.module, folder: folderOf(found.path) }
  }
}

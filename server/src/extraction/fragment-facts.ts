/** From the tree of a fragment to its facts: what it says, with what other files and its launch add. */
import { installedVersions, plainVersions, processorWheels } from '../link/versions.js'
import { analyse } from '../python/analyse.js'
import type { Neighbours } from '../python/analysis.js'
import type { FragmentFacts } from '../readers/reader.js'
import { withWrittenFor } from '../readers/written-for.js'
import type { SourceFile } from '../text/source-file.js'
import type { SourceFragment } from '../text/source-fragment.js'
import { startedProgram } from './cell-programs.js'
import { laidOver } from './laid-over.js'
import type { ShellTexts } from './shell-texts.js'
import type { Surroundings } from './surroundings.js'
import type { FragmentTree } from './trees.js'

/** What one fragment says, with what the project knows around it. */
export function factsOf(
  shell: ShellTexts,
  file: SourceFile,
  fragment: SourceFragment,
  tree: FragmentTree,
  surroundings: Surroundings,
): FragmentFacts {
  const versions = versionsIn(file, surroundings.versions)
  const facts: FragmentFacts = { path: file.path, fragment, versions }
  if (file.metadata !== undefined) facts.metadata = file.metadata
  if (file.cellSeconds !== undefined) facts.cellSeconds = file.cellSeconds
  if (tree.config !== undefined) facts.config = tree.config
  const { overlay } = surroundings
  if (overlay !== undefined && tree.config !== undefined && fragment.index === 0)
    facts.config = laidOver(tree.config, fragment.text, overlay)
  if (tree.shell !== undefined) facts.shell = shell.again(file.path, fragment, tree.shell, surroundings)
  if (surroundings.hcl !== undefined && fragment.index === 0) facts.hcl = surroundings.hcl
  if (surroundings.bundle !== undefined && fragment.index === 0) facts.bundle = surroundings.bundle
  if (surroundings.inherited !== undefined && fragment.index === 0) facts.inherited = surroundings.inherited
  if (surroundings.named !== undefined) facts.named = surroundings.named
  if (tree.python !== undefined) {
    const own = fragment.index === 0
    const neighbours: Neighbours = {
      importedByName: new Map(Object.entries(surroundings.imported)),
      behind: surroundings.behind ?? [],
      importers: own ? surroundings.importers : [],
      programs: own ? (surroundings.programs ?? []) : [],
      configurations: new Map(own ? Object.entries(surroundings.configurations ?? {}) : []),
      processorOnly: versions[processorWheels] !== undefined,
      ...(own && surroundings.outside !== undefined ? { outside: surroundings.outside } : {}),
    }
    const notebook = file.notebook && own
    const { binding: launched } = surroundings
    const started = launched === null ? undefined : startedProgram(file, launched.launch)
    const binding = own || fragment === started ? launched : null
    facts.python =
      tree.analysed?.with(neighbours, binding) ??
      analyse(file.path, fragment.text, tree.python, notebook, neighbours, binding)
    facts.versions = withWrittenFor(facts.python, versions)
  }
  return facts
}

const installed = new WeakMap<SourceFile, Record<string, string>>()

/** Those of the project, and above them what the cells of a notebook install. */
function versionsIn(file: SourceFile, versions: Record<string, string>): Record<string, string> {
  if (!file.notebook) return versions
  let own = installed.get(file)
  if (own === undefined) {
    const commands = file.fragments.filter(({ language }) => language === 'shell')
    own = plainVersions(installedVersions(commands.map(({ text }) => text).join('\n')))
    installed.set(file, own)
  }
  return Object.keys(own).length === 0 ? versions : { ...versions, ...own }
}

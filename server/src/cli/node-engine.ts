/** The linter on this machine, as the command line uses it. */
import { createNodeHost } from '../project/node/host.js'
import { readRulePages } from '../project/node/rule-pages.js'
import type { Engine } from './engine.js'

export const nodeEngine: Engine = {
  async open(root, options) {
    const { openProject } = await import('../project/workspace.js')
    return openProject(root, createNodeHost(), options)
  },

  async rules() {
    const { rules } = await import('../rules/index.js')
    return rules
  },

  async source(path, bytes) {
    const [{ decode }, { sourceFile }] = await Promise.all([
      import('../text/decode.js'),
      import('../text/units.js'),
    ])
    const decoded = decode(bytes)
    if (decoded.problem !== undefined) throw new Error(decoded.problem)
    return sourceFile(path, decoded.text)
  },

  async fix(project, { given, ...options }) {
    const [{ applyFixes }, { fixableProject }] = await Promise.all([
      import('../project/apply-fixes.js'),
      import('../project/fixable.js'),
    ])
    return applyFixes(fixableProject(project, createNodeHost(), given), options)
  },

  pages: readRulePages,

  async serve() {
    await import('../lsp/node.js')
  },
}

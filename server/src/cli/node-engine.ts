/** The linter on this machine, as the command line uses it. */
import { join } from 'node:path'

import { cacheOf, removeAnswers } from '../host/node/answer-folder.js'
import { engine } from '../host/node/engine.js'
import { createNodeHost, installation } from '../host/node/host.js'
import { removeOutcomes } from '../host/node/outcomes.js'
import { readRulePages } from '../host/node/rule-pages.js'
import { fixProject, openProject } from '../linter.js'
import { type Engine, mostFiles } from './engine.js'
import { kept } from './kept-outcome.js'

export const nodeEngine: Engine = {
  open: (root, { cache = true, maxFiles = mostFiles, ...options }) =>
    openProject(root, createNodeHost({ isShort: true, ...(cache ? { cacheFor: cacheOf } : {}) }), {
      ...options,
      maxFiles,
    }),

  // Run from the sources, nothing tells one state of the engine from another.
  ...(engine === 'source' ? {} : { kept }),

  async clean(root) {
    const hadOutcomes = removeOutcomes(root)
    return (await removeAnswers(root)) || hadOutcomes
  },

  async rules() {
    const { rules } = await import('../rules/index.js')
    return rules
  },

  async source(path, bytes) {
    const [{ decode }, { sourceFile }] = await Promise.all([
      import('../text/decode.js'),
      import('../text/source-fragments.js'),
    ])
    const decoded = decode(bytes)
    if (decoded.problem !== undefined) throw new Error(decoded.problem)
    return sourceFile(path, decoded.text)
  },

  fix: (project, { given, ...options }) => fixProject(project, createNodeHost(), options, given),

  pages: readRulePages,

  mcp: () => {
    // The bundle of its own lies beside this one.
    const isSource = import.meta.url.endsWith('.ts')
    const specifier = isSource
      ? new URL('../mcp/serve.ts', import.meta.url).href
      : join(installation(), 'mcp.cjs')
    return import(specifier)
  },

  async serve() {
    await import('../lsp/node.js')
  },
}

/** The licences of all that a build has put into its bundles, for whoever gets them. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

const licenceFile = /^(licen[cs]e|copying|notice)([-.].*)?$/i

/** `node_modules/<name>/…` and `node_modules/@<scope>/<name>/…`, the innermost of them. */
const inPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

/** Folders of the packages of which the builds took code. @param root where the builds ran */
function bundled(root, metafiles) {
  const folders = new Set()
  for (const { outputs } of metafiles)
    for (const { inputs } of Object.values(outputs))
      for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
        // Absolute, so that a package at the very beginning of the path is found as well.
        const folder = bytesInOutput > 0 ? inPackage.exec(join(root, path)) : null
        if (folder !== null) folders.add(realpathSync(folder[0]))
      }
  return folders
}

/**
 * @param root of the repository
 * @param metafiles of esbuild
 * @returns the text of THIRD-PARTY-NOTICES. Throws where a package brings no licence.
 */
export function notices(root, metafiles) {
  const folders = bundled(root, metafiles)
  const entries = [...folders].map((folder) => entry(folder)).sort((a, b) => (a.title < b.title ? -1 : 1))
  const unique = entries.filter((each, index) => each.title !== entries[index - 1]?.title)
  const list = unique.map(({ title, license }) => `- ${title} (${license})`).join('\n')
  const texts = unique.map(({ title, home, text }) => `${'='.repeat(80)}\n${title}\n${home}\n\n${text}\n`)
  return `CostLint contains code of the following projects, each under the licence given below.\n\n${list}\n\n${texts.join('\n')}`
}

function entry(folder) {
  const { name, version, license, homepage, repository } = manifestOf(folder)
  const files = readdirSync(folder)
    .filter((file) => licenceFile.test(file))
    .sort()
  if (files.length === 0)
    throw new Error(`${name} ${version} brings no licence text, so it cannot be handed on`)
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').replace(/\r\n/g, '\n').trim())
  const home = homepage ?? repository?.url ?? repository ?? `https://www.npmjs.com/package/${name}`
  return { title: `${name} ${version}`, license, home, text: text.join('\n\n') }
}

function manifestOf(folder) {
  const path = join(folder, 'package.json')
  if (!existsSync(path)) return manifestOf(dirname(folder))
  return JSON.parse(readFileSync(path, 'utf8'))
}

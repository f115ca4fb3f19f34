/** The npm package of the command line: what `.npmignore` lets through, under a manifest without the extension for VS Code. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What npm shows of a package, and what it needs to run one. */
const kept = [
  'name',
  'version',
  'description',
  'license',
  'type',
  'bin',
  'engines',
  'keywords',
  'repository',
  'homepage',
  'bugs',
]

/** @param root of the repository, built @param folder new, empty */
export function stage(root, folder) {
  const listed = execFileSync(npm(), ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: process.platform === 'win32',
  })
  const [{ files }] = JSON.parse(listed)
  for (const { path } of files) {
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(join(root, path), target)
  }
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const own = Object.fromEntries(kept.map((key) => [key, manifest[key]]))
  own.engines = { node: manifest.engines.node }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  writeFileSync(join(folder, 'README.md'), withAbsoluteLinks(readme, manifest))
}

export function npm() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm'
}

/** npm and PyPI show the page, and neither knows where its pictures and neighbours are. */
function withAbsoluteLinks(markdown, { repository, version }) {
  const [, path] = /github\.com\/(.+?)(?:\.git)?$/.exec(repository.url)
  return markdown.replace(/(!?)(\[[^\]]*\])\((?![a-z]+:|#)([^)\s]+)\)/g, (_, picture, text, target) =>
    picture === '!'
      ? `!${text}(https://raw.githubusercontent.com/${path}/v${version}/${target})`
      : `${text}(https://github.com/${path}/blob/v${version}/${target})`,
  )
}

/** The documentation as a site that fetches nothing from elsewhere: pages, fonts and the index of its search are its own. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DefaultTheme, defineConfig } from 'vitepress'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
/** A copy of `docs/`: pages are compiled where their libraries are found. */
const docs = join(here, '../pages')
const { repository, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  repository: { url: string }
  version: string
}
const source = `${repository.url.replace(/\.git$/, '')}/blob/main/`

/** The title of a page is its first heading. */
function titleOf(path: string): string {
  return /^# (.+)$/m.exec(readFileSync(join(docs, path), 'utf8'))?.[1]?.replaceAll('`', '') ?? path
}

/** As GitHub and VS Code spell it, since links in the pages do. */
function anchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

const page = (path: string): DefaultTheme.SidebarItem => ({
  text: titleOf(path),
  link: `/${path.replace(/\.md$/, '')}`,
})

const groups: [title: string, pages: string[]][] = [
  ['Start', ['install.md', 'editors.md', 'cli.md', 'configuration.md']],
  ['Money', ['cost.md', 'time.md', 'memory.md', 'checklist.md']],
  ['In a team', ['ci.md', 'mcp.md']],
]

/** Pages that no group names. */
function others(): string[] {
  const named = ['index.md', ...groups.flatMap(([, pages]) => pages)]
  return readdirSync(docs)
    .filter((name) => name.endsWith('.md') && !named.includes(name))
    .sort()
}

/** One group for each family of rules. */
function rules(): DefaultTheme.SidebarItem[] {
  return readdirSync(join(docs, 'rules'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      text: name,
      collapsed: true,
      items: readdirSync(join(docs, 'rules', name))
        .sort()
        .map((file) => ({ ...page(`rules/${name}/${file}`), text: file.replace(/\.md$/, '') })),
    }))
}

export default defineConfig({
  title: 'CostLint',
  description: 'Finds what machine-learning training scripts and their launch files waste, and fixes it.',
  lang: 'en',
  srcDir: 'pages',
  outDir: '../release/docs',
  cacheDir: join(here, 'cache'),
  cleanUrls: false,
  lastUpdated: false,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  vite: {
    publicDir: join(here, '../public'),
    build: { chunkSizeWarningLimit: 4096 },
  },
  markdown: {
    anchor: { slugify: anchor },
    languageAlias: { slurm: 'bash', hcl: 'terraform', dot: 'txt' },
    config(md) {
      // Files of the repository that are no pages are read there.
      const plain = md.renderer.rules.link_open
      md.renderer.rules.link_open = (tokens, at, options, env, self) => {
        const href = tokens[at]!.attrGet('href')
        if (href !== null && !/^[a-z]+:|^[#/]/.test(href)) {
          const from = relative(docs, (env as { path: string }).path)
          const target = posix.normalize(posix.join('docs', dirname(from), href))
          if (!target.startsWith('docs/')) tokens[at]!.attrSet('href', source + target)
        }
        return plain === undefined ? self.renderToken(tokens, at, options) : plain(tokens, at, options, env, self)
      }
      // The examples of rules say which file they are.
      const fence = md.renderer.rules.fence!
      md.renderer.rules.fence = (tokens, at, options, env, self) => {
        const [, name] = /^\S+ ([\w./-]+)/.exec(tokens[at]!.info) ?? []
        const shown = fence(tokens, at, options, env, self)
        return name === undefined ? shown : `<p class="file-name">${md.utils.escapeHtml(name)}</p>${shown}`
      }
    },
  },
  themeConfig: {
    siteTitle: `CostLint ${version}`,
    logo: '/icon.svg',
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: repository.url.replace(/\.git$/, '') }],
    sidebar: [
      ...groups.map(([text, pages]) => ({ text, items: pages.map(page) })),
      { text: 'Rules', items: [page('rules/index.md'), ...rules()] },
      { text: 'Behind it', items: others().map(page) },
    ],
  },
})

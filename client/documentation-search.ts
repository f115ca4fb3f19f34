/** The documentation cut at its headings, and which passages hold some words. */

/** Text by path, such as `configuration.md`. */
export type DocumentationPages = ReadonlyMap<string, string>

export interface Passage {
  path: string
  /** Of the page. */
  title: string
  heading: string
  /** Where the heading is; empty: the top of the page. */
  anchor: string
  text: string
}

export interface Found {
  passage: Passage
  /** The words around the first place; empty: they are in the heading, or nothing was asked. */
  excerpt: string
}

export function passagesOf(pages: DocumentationPages): Passage[] {
  return [...pages].flatMap(([path, page]) => {
    const passages: Passage[] = []
    let fenced = false
    for (const line of page.split('\n')) {
      if (/^\s*```/.test(line)) fenced = !fenced
      const heading = fenced ? undefined : /^#{1,6} (.+)$/.exec(line)?.[1]?.replaceAll('`', '')
      const last = passages.at(-1)
      if (heading !== undefined) {
        const title = passages[0]?.title ?? heading
        passages.push({ path, title, heading, anchor: last === undefined ? '' : anchorOf(heading), text: '' })
      } else if (last !== undefined) last.text += `${line}\n`
    }
    return passages
  })
}

/** As GitHub and VS Code spell it. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')
}

/** Passages that hold every word, those with the words in their headings first; without words the pages. */
export function searched(passages: readonly Passage[], query: string): Found[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0)
    return passages.filter(({ anchor }) => anchor === '').map((passage) => ({ passage, excerpt: '' }))
  const found = passages.flatMap((passage) => {
    const heading = passage.heading.toLowerCase()
    const title = passage.title.toLowerCase()
    const text = passage.text.toLowerCase()
    if (!words.every((word) => heading.includes(word) || title.includes(word) || text.includes(word)))
      return []
    const inHeading = words.filter((word) => heading.includes(word)).length
    const inTitle = words.filter((word) => title.includes(word)).length
    const first = words.find((word) => !heading.includes(word) && text.includes(word))
    return [
      {
        passage,
        excerpt: first === undefined ? '' : excerptOf(passage.text, text.indexOf(first)),
        rank: 2 * inHeading + inTitle + (passage.anchor === '' ? 0.5 : 0),
      },
    ]
  })
  return found.sort((a, b) => b.rank - a.rank).map(({ passage, excerpt }) => ({ passage, excerpt }))
}

const before = 40
const after = 120

function excerptOf(text: string, at: number): string {
  const from = Math.max(0, at - before)
  const cut = text
    .slice(from, at + after)
    .replace(/\s+/g, ' ')
    .trim()
  return `${from > 0 ? '…' : ''}${cut}${at + after < text.length ? '…' : ''}`
}

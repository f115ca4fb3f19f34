/** Manifests of Kubernetes that Terraform hands on as text: `yaml_body = <<-YAML … YAML`. */
import type { Piece } from './fragment.js'
import type { Embedded } from './magics.js'

const opening = /<<(-?)([A-Za-z_]\w{0,50})[ \t]*\r?\n/g
/** Each of them costs a parse. */
const most = 20
const mostMarks = 100

export function manifestsInHcl(text: string): Embedded[] {
  const found: Embedded[] = []
  let seen = 0
  for (const match of text.matchAll(opening)) {
    if (++seen > mostMarks || found.length >= most) break
    const start = match.index + match[0].length
    const close = new RegExp(`^[ \\t]*${match[2]}[ \\t]*\\r?$`, 'm').exec(text.slice(start))
    if (close === null) continue
    const body = text.slice(start, start + close.index)
    if (!/^[ \t]*apiVersion:/m.test(body) || !/^[ \t]*kind:/m.test(body)) continue
    const pieces =
      match[1] === '-' ? outdented(body, start) : [{ text: body, start, end: start + body.length }]
    found.push({ language: 'yaml', origin: 'writefile', target: 'manifest.yaml', pieces })
  }
  return found
}

/** Line by line, without the indentation that all of them have. */
function outdented(body: string, start: number): Piece[] {
  const lines = body.split(/(?<=\n)/)
  const depths = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)![0].length)
  const common = depths.reduce((a, b) => Math.min(a, b), 1000)
  const pieces: Piece[] = []
  let at = start
  for (const line of lines) {
    const cut = Math.min(common, /^[ \t]*/.exec(line)![0].length)
    pieces.push({ text: line.slice(cut), start: at + cut, end: at + line.length })
    at += line.length
  }
  return pieces
}

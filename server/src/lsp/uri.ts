/** URIs of documents and the relative paths that the engine knows them by. */

/** Characters that stay as they are in a path, as VS Code writes URIs; everything else is percent-encoded. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A stray '%' in a name: some clients do not encode.
    return text
  }
}

interface Parts {
  scheme: string
  authority: string
  /** Decoded, drive letters in lower case. */
  path: string
}

function parts(uri: string): Parts | undefined {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(?:\/\/([^/?#]*))?([^?#]*)/.exec(uri)
  if (match === null) return undefined
  const path = decode(match[3]!).replace(/^\/[A-Z]:/, (drive) => drive.toLowerCase())
  return { scheme: match[1]!.toLowerCase(), authority: decode(match[2] ?? '').toLowerCase(), path }
}

/** One spelling per place: clients differ in what they encode and in the case of drive letters. */
export function canonical(uri: string): string {
  const found = parts(uri)
  return found === undefined ? uri : `${found.scheme}://${found.authority}${found.path}`
}

/** The path of a document below a folder; undefined when it lies elsewhere. */
export function pathWithin(folder: string, uri: string): string | undefined {
  const root = parts(folder)
  const child = parts(uri)
  if (root === undefined || child === undefined) return undefined
  if (root.scheme !== child.scheme || root.authority !== child.authority) return undefined
  const prefix = root.path.endsWith('/') ? root.path : `${root.path}/`
  return child.path.startsWith(prefix) ? child.path.slice(prefix.length) : undefined
}

/** The URI of a path below a folder, spelled as VS Code spells it. */
export function uriWithin(folder: string, path: string): string {
  const base = folder.endsWith('/') ? folder.slice(0, -1) : folder
  return `${base}/${path.split('/').map(encodeSegment).join('/')}`
}

/** The decoded path of a URI without its leading slash, for documents that lie in no folder. */
export function loosePath(uri: string): string {
  return (parts(uri)?.path ?? uri).replace(/^\/+/, '').replace(':', '')
}

/** The absolute path of a `file:` URI on this machine; undefined for any other scheme. */
export function filePath(uri: string): string | undefined {
  const found = parts(uri)
  if (found?.scheme !== 'file') return undefined
  if (found.authority !== '' && found.authority !== 'localhost') return `//${found.authority}${found.path}`
  return /^\/[a-z]:/.test(found.path) ? found.path.slice(1) : found.path
}

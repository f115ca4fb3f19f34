/**
 * Commands that start a module of the project to serve: what they name is imported and kept up, not run to an end.
 * Data, from the documentation and `--help` of each tool.
 */
import type { ShellWord } from '../config/shell-facts.js'
import { commandName, longest } from './command-words.js'
import { readOptions } from './launch-options.js'
import { type OptionTable, table } from './option-table.js'

interface Server extends OptionTable {
  words: string[]
  /** What the first word behind the options names. */
  names: 'module' | 'file' | 'module or file'
  /** Options that name it as well. */
  given?: string[]
  /** A variable that names it. */
  variable?: string
  /** Nothing needs to name it: the tool looks for files of certain names. */
  looks?: true
  /** Options that name the folder to start in. */
  folder?: string[]
  /** A subcommand behind the options. */
  command?: string
}

export interface Served {
  /** Name in claims and messages. */
  server: string
  program: { path: string | null; module: string | null }
  /** The word that names it, else that of the server. */
  word: ShellWord
  /** Where it starts; null: not readable. Absent: where the command starts. */
  folder?: string | null
}

const uvicorn = table(
  'host port uds fd reload-dir reload-include reload-exclude reload-delay workers loop http ws ws-max-size ws-max-queue ws-ping-interval ws-ping-timeout ws-per-message-deflate lifespan interface env-file log-config log-level forwarded-allow-ips root-path limit-concurrency backlog limit-max-requests timeout-keep-alive timeout-graceful-shutdown ssl-keyfile ssl-certfile ssl-keyfile-password ssl-version ssl-cert-reqs ssl-ca-certs ssl-ciphers header app-dir h11-max-incomplete-event-size',
  'reload access-log no-access-log use-colors no-use-colors proxy-headers no-proxy-headers server-header no-server-header date-header no-date-header factory version',
)
const gunicorn = table(
  'c config b bind backlog w workers k worker-class threads worker-connections max-requests max-requests-jitter t timeout graceful-timeout keep-alive limit-request-line limit-request-fields limit-request-field_size reload-engine reload-extra-file chdir user u group g umask m p pid worker-tmp-dir pythonpath paste paster proxy-protocol proxy-allow-from log-file error-logfile log-level logger-class log-config log-syslog-to access-logfile access-logformat statsd-host statsd-prefix n name e env certfile keyfile ca-certs cert-reqs ciphers forwarded-allow-ips',
  'reload spew check-config preload no-sendfile reuse-port D daemon capture-output R enable-stdio-inheritance disable-redirect-access-to-syslog',
)
const hypercorn = table(
  'access-log access-logfile access-logformat backlog b bind ca-certs certfile cert-reqs ciphers c config error-log error-logfile g graceful-timeout read-timeout group keep-alive keyfile k worker-class log-config log-level p pid insecure-bind quic-bind root-path server-name statsd-host statsd-prefix m umask u user verify-mode websocket-ping-interval w workers',
  'debug D daemon reload',
)
const flaskRun = table(
  'h host p port cert key extra-files exclude-patterns',
  'reload no-reload debugger no-debugger with-threads without-threads debug no-debug',
)
const fastapi = table(
  'host port workers root-path app e entrypoint reload-dir forwarded-allow-ips',
  'reload no-reload proxy-headers no-proxy-headers',
)
const streamlit = table('', '')
const serve = table(
  'runtime-env runtime-env-json working-dir d app-dir a address route-prefix name',
  'blocking non-blocking reload r',
)
const bentoml = table(
  'p port host api-workers timeout backlog bento-home working-dir ssl-certfile ssl-keyfile ssl-keyfile-password ssl-version ssl-cert-reqs ssl-ca-certs ssl-ciphers',
  'development production reload',
)

const servers: Server[] = [
  { words: ['uvicorn'], names: 'module', folder: ['app-dir'], ...uvicorn },
  { words: ['gunicorn'], names: 'module', folder: ['chdir'], ...gunicorn },
  { words: ['hypercorn'], names: 'module', ...hypercorn },
  {
    words: ['daphne'],
    names: 'module',
    ...table('p port b bind u unix-socket v verbosity access-log log-fmt root-path s server-name'),
  },
  {
    words: ['waitress-serve'],
    names: 'module',
    ...table('host port listen unix-socket threads url-scheme', 'call'),
  },
  {
    words: ['flask'],
    names: 'module or file',
    given: ['A', 'app'],
    variable: 'FLASK_APP',
    looks: true,
    command: 'run',
    ...table('A app e env-file', 'debug no-debug'),
  },
  { words: ['fastapi', 'run'], names: 'file', looks: true, ...fastapi },
  { words: ['fastapi', 'dev'], names: 'file', looks: true, ...fastapi },
  { words: ['streamlit', 'run'], names: 'file', ...streamlit },
  { words: ['chainlit', 'run'], names: 'file', ...table('host port', 'w watch h headless d debug') },
  { words: ['gradio'], names: 'file', ...table('demo-name watch-dirs encoding') },
  { words: ['serve', 'run'], names: 'module', folder: ['app-dir', 'd'], ...serve },
  { words: ['bentoml', 'serve'], names: 'module', folder: ['working-dir'], ...bentoml },
  { words: ['bentoml', 'serve-http'], names: 'module', folder: ['working-dir'], ...bentoml },
  { words: ['bentoml', 'serve-grpc'], names: 'module', folder: ['working-dir'], ...bentoml },
]

/** Servers that Python runs as a module: `python -m uvicorn main:app`. */
export function isServerModule(module: string): boolean {
  return servers.some(({ words }) => words[0] === module)
}

/** Words that a command line with a server holds, and those that it begins with. */
export const serverWords = servers.map(({ words }) => words.join(' '))
export const serverNames = [...new Set(servers.map(({ words }) => words[0]!))]

/**
 * The module that a server is started with; null: the command starts no such server, or what it serves is none.
 *
 * @param variable value of a variable in the environment of the command; null: not readable
 */
export function servedBy(
  words: ShellWord[],
  variable: (name: string) => string | null | undefined,
): Served | null {
  const [first] = words
  const name = first === undefined ? null : commandName(first)
  const server = name === null ? undefined : longest(servers, name, words)
  if (first === undefined || server === undefined) return null
  const options = new Map<string, { value: string | boolean | null; word: ShellWord | undefined }>()
  const take = (from: ShellWord[], known: OptionTable = server): ShellWord[] => {
    const { end } = readOptions(from, known, [], (option, { value, valueSpan }) => {
      options.set(option, { value, word: from.find((one) => one.start === valueSpan?.start) })
    })
    return from.slice(end)
  }
  let rest = take(words.slice(server.words.length))
  if (server.command !== undefined) {
    if (rest[0]?.text !== server.command) return null
    rest = take(rest.slice(1), flaskRun)
  }
  const target = server.command === undefined ? rest[0] : undefined
  // Options may stand behind what is served as well: `uvicorn main:app --app-dir src`.
  if (target !== undefined) take(rest.slice(1))
  const found = { server: server.words[0]!, ...folderOf(server, options) }
  const named = (text: string | null | undefined, word: ShellWord): Served | null => {
    // A model that was packed before: `bentoml serve iris:latest`.
    if (server.words[0] === 'bentoml' && /:(latest|[a-z0-9]{16})$/.test(text ?? '')) return null
    return { ...found, program: text == null ? nothing : spelled(server, text), word }
  }
  // `main:${APP}` names the module all the same.
  if (target !== undefined)
    return named(target.text ?? /^([\w./-]+):/.exec(target.outline ?? '')?.[1], target)
  for (const option of server.given ?? []) {
    const given = options.get(option)
    if (given !== undefined)
      return named(typeof given.value === 'string' ? given.value : null, given.word ?? first)
  }
  const held = server.variable === undefined ? undefined : variable(server.variable)
  return held === undefined && server.looks !== true ? null : named(held, first)
}

const nothing: Served['program'] = { path: null, module: null }

function folderOf(
  server: Server,
  options: ReadonlyMap<string, { value: string | boolean | null }>,
): Pick<Served, 'folder'> {
  for (const name of server.folder ?? []) {
    const given = options.get(name)
    if (given !== undefined) return { folder: typeof given.value === 'string' ? given.value : null }
  }
  return {}
}

/** `pkg.main:app`, `pkg.main:create_app()`, `app.py`, `src/app`. */
function spelled({ names }: Server, text: string): Served['program'] {
  const target = text.replace(/:[\w.]*(\([^()]*\))?$/, '')
  if (/\.py$/.test(target)) return { path: target, module: null }
  if (names === 'file') return nothing
  if (/^[A-Za-z_][\w.]*$/.test(target)) return { path: null, module: target }
  return names === 'module or file' && /^[\w./-]+\w$/.test(target)
    ? { path: `${target}.py`, module: null }
    : nothing
}

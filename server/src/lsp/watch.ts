/** Which files the client is asked to watch. */
import {
  type Connection,
  DidChangeWatchedFilesNotification,
  type Disposable,
  type FileSystemWatcher,
  WatchKind,
} from 'vscode-languageserver'

/** What readers can read, and what decides what is read. */
const patterns = [
  '**/*.{py,pyi,pyw,ipynb,yaml,yml,json,toml,tf,tfvars,hcl,sh,bash,zsh,slurm,sbatch,sub,pbs,lsf,dockerfile}',
  '**/{Dockerfile,Containerfile}*',
  '**/{requirements,constraints}*.{txt,in}',
  '**/.gitignore',
]

export async function registerWatchers(
  connection: Connection,
  folders: readonly string[],
  relative: boolean,
): Promise<Disposable> {
  // A removed folder is one event for the folder, not one for each file in it.
  const removed = { pattern: '**/*', kind: WatchKind.Delete }
  const wanted = [...patterns.map((pattern) => ({ pattern, kind: undefined })), removed]
  const watchers: FileSystemWatcher[] = []
  for (const { pattern, kind } of wanted) {
    const globs = relative ? folders.map((baseUri) => ({ baseUri, pattern })) : [pattern]
    for (const globPattern of globs)
      watchers.push(kind === undefined ? { globPattern } : { globPattern, kind })
  }
  return connection.client.register(DidChangeWatchedFilesNotification.type, { watchers })
}

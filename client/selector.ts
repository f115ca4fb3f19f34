/** Which documents the linter sees: by file pattern, because a bare VS Code knows neither TOML nor Terraform. */
import type { DocumentFilter, DocumentSelector, NotebookCellTextDocumentFilter } from 'vscode-languageclient'

const patterns = [
  '**/*.{py,pyi,pyw}',
  '**/*.ipynb',
  '**/*.{yaml,yml}',
  '**/*.json',
  '**/*.toml',
  '**/*.{tf,tfvars,hcl}',
  '**/*.{sh,bash,zsh}',
  '**/*.{slurm,sbatch,sub,pbs,lsf}',
  '**/{Dockerfile,Containerfile}*',
  '**/{Makefile,makefile,GNUmakefile}',
  '**/*.mk',
  '**/*.dockerfile',
  '**/{requirements,constraints}*.{txt,in}',
]

/** Texts that have no file name yet. */
const languages = ['python', 'yaml', 'json', 'toml', 'shellscript', 'dockerfile']

/** Schemes that hold files of a person's own; `git:` and the like are old versions of them. */
const schemes = ['file', 'vscode-vfs', 'vscode-test-web']

export function documentSelector(folderSchemes: readonly string[]): DocumentSelector {
  const filters: (DocumentFilter | NotebookCellTextDocumentFilter)[] = []
  for (const scheme of new Set([...schemes, ...folderSchemes])) {
    for (const pattern of patterns) filters.push({ scheme, pattern })
  }
  for (const language of languages) filters.push({ scheme: 'untitled', language })
  for (const language of ['python', 'shellscript']) filters.push({ notebook: 'jupyter-notebook', language })
  return filters
}

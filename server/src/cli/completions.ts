/** `costlint completions SHELL`: what the shell offers at the tab key, from the commands as they are. */
import type { Command } from 'commander'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

interface Offered {
  name: string
  description: string
  options: { flags: string[]; description: string; values: string[]; takesValue: boolean }[]
  /** Of the first argument, where not any file may stand there. */
  values: string[]
}

/** @param rules offered where a rule is asked for */
export function completions(shell: Shell, program: Command, rules: readonly string[]): string {
  const commands = program.commands.map((command) => offered(command, rules))
  if (shell === 'bash') return bash(commands)
  return shell === 'zsh' ? zsh(commands) : fish(commands)
}

function offered(command: Command, rules: readonly string[]): Offered {
  const [first] = command.registeredArguments
  const named = command.name() === 'explain' ? [...rules] : []
  return {
    name: command.name(),
    description: command.description(),
    values: first?.argChoices ?? named,
    options: command
      .createHelp()
      .visibleOptions(command)
      .map((option) => ({
        flags: [option.short, option.long].filter((flag) => flag != null),
        description: option.description,
        values: option.argChoices ?? (/^--(select|ignore)$/.test(option.long ?? '') ? [...rules] : []),
        takesValue: option.required || option.optional,
      })),
  }
}

function bash(commands: readonly Offered[]): string {
  const flags = (one: Offered) => one.options.flatMap((option) => option.flags).join(' ')
  const cases = commands.map((one) => {
    const values = one.options
      .filter(({ takesValue }) => takesValue)
      .map(
        ({ flags: names, values: given }) =>
          `        ${names.join('|')}) ${given.length > 0 ? `COMPREPLY=($(compgen -W "${given.join(' ')}" -- "$word"))` : 'COMPREPLY=($(compgen -f -- "$word"))'}; return ;;`,
      )
    const arguments_ =
      one.values.length > 0
        ? `COMPREPLY=($(compgen -W "${one.values.join(' ')}" -- "$word"))`
        : 'COMPREPLY=($(compgen -f -- "$word"))'
    return `    ${one.name})
      case "$before" in
${values.join('\n')}
      esac
      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W "${flags(one)}" -- "$word")); else ${arguments_}; fi
      ;;`
  })
  return `# bash completion for costlint: costlint completions bash > ~/.local/share/bash-completion/completions/costlint
_costlint() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}"
  compopt -o filenames 2>/dev/null
  if [[ $COMP_CWORD -eq 1 ]]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}
complete -F _costlint costlint
`
}

function zsh(commands: readonly Offered[]): string {
  const quoted = (text: string) => text.replaceAll("'", "'\\''")
  const plain = (text: string) => quoted(text).replace(/[[\]:]/g, (character) => `\\${character}`)
  const spec = ({ flags, description, values, takesValue }: Offered['options'][0]) => {
    const action = values.length > 0 ? `:value:(${values.join(' ')})` : takesValue ? ':value:_files' : ''
    return flags.map((flag) => `'*${flag}[${plain(description)}]${action}'`)
  }
  const cases = commands.map(
    (one) => `    ${one.name})
      _arguments ${[...one.options.flatMap(spec), one.values.length > 0 ? `'*:value:(${one.values.join(' ')})'` : "'*:file:_files'"].join(' \\\n        ')}
      ;;`,
  )
  return `#compdef costlint
# zsh completion for costlint: costlint completions zsh > "\${fpath[1]}/_costlint"
_costlint() {
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    '${name}:${quoted(description).replaceAll(':', '\\:')}'`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _costlint "$@"; else compdef _costlint costlint; fi
`
}

function fish(commands: readonly Offered[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = commands.flatMap((one) => {
    const within = `complete -c costlint -n ${quoted(`__fish_seen_subcommand_from ${one.name}`)}`
    return [
      `complete -c costlint -n __fish_use_subcommand -f -a ${one.name} -d ${quoted(one.description)}`,
      ...(one.values.length > 0 ? [`${within} -f -a ${quoted(one.values.join(' '))}`] : []),
      ...one.options.map(({ flags, description, values, takesValue }) => {
        const names = flags.map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        )
        const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : ''
        return `${within} ${names.join(' ')}${value} -d ${quoted(description)}`
      }),
    ]
  })
  return `# fish completion for costlint: costlint completions fish > ~/.config/fish/completions/costlint.fish\n${lines.join('\n')}\n`
}

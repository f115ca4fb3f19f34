/**
 * Recipes of a Makefile as a shell script of the same length: what is no command is blank, `$(NAME)` becomes `${NAME}`, and
 * simple variables are assignments. Source: GNU make manual, "Writing Recipes", "Setting Variables".
 */
export function maskMakefile(text: string): string {
  let recipe = false
  let continued = false
  return text.replace(/[^\n]*\n?/g, (line) => {
    if (line === '') return line
    const [, body, end] = /^([^\r\n]*)(\r?\n?)$/.exec(line)!
    const inRecipe = continued ? recipe : body!.startsWith('\t')
    const masked = inRecipe ? recipeLine(body!, continued) : continued ? blank(body!) : otherLine(body!)
    recipe = inRecipe
    continued = /\\$/.test(body!)
    return masked + end
  })
}

function blank(text: string): string {
  return ' '.repeat(text.length)
}

/** `@` hides a command, `-` forgives it, `+` runs it always; `$$` is a dollar sign. */
function recipeLine(body: string, continued: boolean): string {
  const prefix = continued ? '' : /^[\t ]*[@+-]*/.exec(body)![0]
  return blank(prefix) + variables(body.slice(prefix.length)).replace(/\$\$/g, ' $')
}

/** `$(NAME)` and `${NAME}`; functions such as `$(shell …)` look like commands to the shell, whose output is not known. */
function variables(text: string): string {
  return text.replace(/(?<!\$)\$\((\w+)\)/g, (_all, name: string) => `\${${name}}`)
}

function otherLine(body: string): string {
  if (/^\s*#/.test(body)) return body
  const assignment = /^ *(?:export +|override +)*(\w+) *(?:::?|\?)?= *(.*?) *$/.exec(body)
  if (assignment === null || /\\$/.test(body)) return blank(body)
  const name = assignment[1]!
  const value = variables(assignment[2]!.replace(/ +#.*$/, ''))
  const written = /^[\w./:@%+,=${}-]*$/.test(value) ? `${name}=${value}` : `${name}="${value}"`
  // Quotes inside, or no room for quotes: nothing is known of it.
  return written.length > body.length || /["`\\$](?!\{)/.test(value)
    ? blank(body)
    : written.padEnd(body.length)
}

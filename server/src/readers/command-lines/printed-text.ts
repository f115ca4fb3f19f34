/** What a script only tells its user is no command: `echo "gcloud compute instances stop NAME"`. */

/** `cat <<EOF`, unless what it says goes into a file or to another command. */
const printedDocument =
  /^[ \t]*cat[ \t]+(?:>&2[ \t]+)?<<-?[ \t]*(['"]?)(\w+)\1[ \t]*(?:>&2[ \t]*)?\r?\n[\s\S]{0,8000}?^[ \t]*\2[ \t]*$/gm
const printing =
  /(^[ \t]*(?:- )?|[;&|({][ \t]*|\b(?:then|do|else)[ \t]+)(?:echo|printf)(?=\s)((?:[ \t]#[^\n]*|"(?:[^"\\]|\\[\s\S]){0,4000}"|'[^']{0,4000}'|\\[\s\S]|>&2|[^\n;&|"'\\])*)(\|(?!\|))?/gm
const redirected = />(?!&2|[ \t]*\/dev\/(?:stderr|tty))/
const quoted = /"(?:[^"\\]|\\[\s\S]){0,4000}"|'[^']{0,4000}'/g
const comment = /(^|[ \t])#.*$/gm

/** Whether the text, without its comments and what it prints, says so. Shell text, also where it stands in other files. */
export function doesSay(text: string, pattern: RegExp): boolean {
  return pattern.test(text) && pattern.test(withoutPrinted(text))
}

export function withoutPrinted(text: string): string {
  return text
    .replace(printedDocument, '')
    .replace(printing, (whole: string, before: string, said: string, pipe: string | undefined) =>
      pipe !== undefined || doesMore(said) ? whole : before,
    )
    .replace(comment, '$1')
}

/** It goes into a file, or holds the answer of a command, which does something. */
function doesMore(said: string): boolean {
  return redirected.test(said.replace(quoted, '')) || /\$\((?!\()|`/.test(said.replace(/'[^']{0,4000}'/g, ''))
}

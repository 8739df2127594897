import type { Shell } from "./shells.ts";

// Scripts of our own, since @bomb.sh/tab 0.0.22 evaluates what is typed (`eval`), and in bash expands the candidates
// (`compgen -W`): a server could then run commands by the name of a tool. They hand the line on, on stdin, and take
// candidates as they are. All that is known of m2mcp is in the program, so that a script need not be made anew.

const BASH = `# m2mcp completion for bash: eval "$(m2mcp completion bash)"
_m2mcp() {
  local reply flags line
  COMPREPLY=()
  reply=$(printf '%s\\0' "$2" "\${COMP_LINE:0:COMP_POINT}" | "$1" completion bash-reply 2>/dev/null) || return 0
  while IFS= read -r line; do
    if [[ -z \${flags+set} ]]; then flags=$line; else COMPREPLY+=("$line"); fi
  done <<< "$reply"
  if [[ $flags == *nospace* ]]; then compopt -o nospace 2>/dev/null; fi
  if [[ $flags == *files* && \${#COMPREPLY[@]} -eq 0 ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$2")
  fi
}
complete -F _m2mcp m2mcp
`;

const ZSH = `#compdef m2mcp
# m2mcp completion for zsh: source <(m2mcp completion zsh), or as _m2mcp in a folder of fpath
_m2mcp() {
  local reply flags line
  local -a values shown
  reply=$(print -rN -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" | "\${(Q)words[1]}" completion zsh-reply 2>/dev/null) || return 1
  for line in "\${(@f)reply}"; do
    if (( ! \${+flags_read} )); then local flags_read=1; flags=$line; continue; fi
    [[ -n $line ]] || continue
    values+=("\${line%%$'\\t'*}")
    if [[ -n \${line#*$'\\t'} ]]; then shown+=("\${line%%$'\\t'*}  -- \${line#*$'\\t'}"); else shown+=("\${line%%$'\\t'*}"); fi
  done
  [[ $flags == *files* ]] && _files
  (( \${#values} )) || return 1
  if [[ $flags == *nospace* ]]; then compadd -U -V m2mcp -l -S '' -d shown -a -- values
  else compadd -U -V m2mcp -l -d shown -a -- values; fi
}
if [[ \${funcstack[1]} == _m2mcp ]]; then
  _m2mcp "$@"
else
  (( \${+functions[compdef]} )) || { autoload -Uz compinit && compinit; }
  compdef _m2mcp m2mcp
fi
`;

const FISH = `# m2mcp completion for fish: m2mcp completion fish | source
function __m2mcp_reply
    set -l words (commandline -opc)
    set -l program $words[1]
    set -e words[1]
    set -l reply (printf '%s\\0' $words (commandline -ct) | $program completion fish-reply 2>/dev/null)
    or return
    if string match -q '*files*' -- $reply[1]
        __fish_complete_path (commandline -ct)
    end
    set -e reply[1]
    printf '%s\\n' $reply
end
complete -c m2mcp -f -a '(__m2mcp_reply)'
`;

const POWERSHELL = `# m2mcp completion for PowerShell: m2mcp completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName m2mcp, m2mcp.exe -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $program = $commandAst.CommandElements[0].Extent.Text.Trim("'", '"')
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    ForEach-Object { if ($null -ne $_.Value) { $_.Value } else { $_.Extent.Text } })
  $current = $wordToComplete.Trim("'", '"')
  $line = -join ($words + $current | ForEach-Object { $_ + [char]0 })
  $reply = @($line | & $program completion powershell-reply 2>$null)
  if ($reply.Count -gt 0 -and $reply[0] -match 'files') {
    [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete)
  }
  $reply | Select-Object -Skip 1 | Where-Object { $_ } | ForEach-Object {
    $value, $about = $_ -split [char]9, 2
    $text = if ($value -match '^[\\w./:=-]+$') { $value } else { "'" + $value.Replace("'", "''") + "'" }
    $tip = if ($about) { $about } else { $value }
    [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $tip)
  }
}
`;

/** What a shell reads once to complete `m2mcp`. */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: BASH,
  zsh: ZSH,
  fish: FISH,
  powershell: POWERSHELL,
};

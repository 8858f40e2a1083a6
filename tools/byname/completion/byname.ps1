# Completion of byname for PowerShell. What may stand next, "byname complete" tells. In your profile:
#   . <this file>

Register-ArgumentCompleter -Native -CommandName byname, byname.exe -ScriptBlock {
    param($current, $line, $cursor)
    $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor } | Select-Object -Skip 1 |
        ForEach-Object { if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value } else { $_.ToString() } })
    $plain = $current.Trim("'`"")
    $answer = @(& $line.CommandElements[0].ToString() complete '--' @words "=$plain" 2>$null)
    if ($answer.Count -lt 2 -or $answer[0] -ne 'words') { return }
    $answer[1..($answer.Count - 1)] | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        $text = if ($word -match '[^\w:./+-]') { "'" + $word.Replace("'", "''") + "'" } else { $word }
        $about = if ($about) { $about } else { $word }
        [System.Management.Automation.CompletionResult]::new($text, $word, 'ParameterValue', $about)
    }
}

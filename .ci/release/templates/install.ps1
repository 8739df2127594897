# Installs m2mcp {{version}} for this user (or into $env:M2MCP_INSTALL_DIR), after its sum was checked:
#   irm https://github.com/m2mcp/m2mcp/releases/latest/download/install.ps1 | iex
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$version = '{{version}}'
$base = if ($env:M2MCP_RELEASE_URL) { $env:M2MCP_RELEASE_URL } else { "https://github.com/m2mcp/m2mcp/releases/download/v$version" }
$base = $base.TrimEnd('/')
$folder = if ($env:M2MCP_INSTALL_DIR) { $env:M2MCP_INSTALL_DIR } else { Join-Path $env:LOCALAPPDATA 'Programs\m2mcp' }
$cpu = if ($env:PROCESSOR_ARCHITEW6432) { $env:PROCESSOR_ARCHITEW6432 } else { $env:PROCESSOR_ARCHITECTURE }
$target = switch ($cpu) {
  'AMD64' { 'windows-x64' }
  'ARM64' { 'windows-arm64' }
  default { throw "there is no build for the processor $cpu" }
}

$name = "m2mcp-$version-$target"
$work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null
try {
  Invoke-WebRequest -UseBasicParsing "$base/SHA256SUMS" -OutFile "$work\SHA256SUMS"
  Invoke-WebRequest -UseBasicParsing "$base/$name.zip" -OutFile "$work\archive.zip"
  $line = Get-Content "$work\SHA256SUMS" | Where-Object { $_ -match "^([0-9a-f]{64})  $([regex]::Escape($name))\.zip$" }
  if (-not $line) { throw "SHA256SUMS does not name $name.zip: nothing was installed" }
  $sum = (Get-FileHash -Algorithm SHA256 "$work\archive.zip").Hash.ToLower()
  if ($line.Substring(0, 64) -ne $sum) { throw "the sum of $name.zip is wrong: nothing was installed" }
  Expand-Archive "$work\archive.zip" -DestinationPath $work
  $fresh = "$work\$name\m2mcp.exe"
  $said = & $fresh --version
  if ($LASTEXITCODE -ne 0) { throw "the executable does not run here: nothing was installed" }
  New-Item -ItemType Directory -Force -Path $folder | Out-Null
  $there = Join-Path $folder 'm2mcp.exe'
  # One that is running can be renamed, not replaced.
  if (Test-Path $there) {
    Get-ChildItem $folder -Filter 'm2mcp.exe.old-*' | Remove-Item -Force -ErrorAction SilentlyContinue
    Move-Item $there "$there.old-$PID"
  }
  try { Move-Item $fresh $there } catch {
    if (Test-Path "$there.old-$PID") { Move-Item "$there.old-$PID" $there }
    throw
  }
  Write-Output "installed $said as $there"
  $path = [Environment]::GetEnvironmentVariable('Path', 'User')
  if (($path -split ';') -notcontains $folder) {
    [Environment]::SetEnvironmentVariable('Path', "$path;$folder".Trim(';'), 'User')
    Write-Output "added $folder to your PATH: open a new terminal"
  }
} finally {
  Remove-Item -Recurse -Force $work
}

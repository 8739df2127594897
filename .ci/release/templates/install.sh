#!/bin/sh
# Installs m2mcp {{version}} into ~/.local/bin (or $M2MCP_INSTALL_DIR), after its sum was checked:
#   curl -fsSL https://github.com/m2mcp/m2mcp/releases/latest/download/install.sh | sh
set -eu

version={{version}}
base=${M2MCP_RELEASE_URL:-https://github.com/m2mcp/m2mcp/releases/download/v$version}
base=${base%/}
# No redirect leads away from https; where you named another place, that one counts.
protocols=https
case $base in https:*) ;; *) protocols=https,http,file ;; esac
folder=${M2MCP_INSTALL_DIR:-${HOME:?HOME is not set: set M2MCP_INSTALL_DIR}/.local/bin}

fail() {
  echo "error: $1" >&2
  [ $# -lt 2 ] || echo "hint: $2" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

target() {
  case "$(uname -m)" in
  x86_64 | amd64) cpu=x64 ;;
  aarch64 | arm64) cpu=arm64 ;;
  *) fail "there is no build for the processor $(uname -m)" ;;
  esac
  case "$(uname -s)" in
  Darwin)
    # A shell that is emulated sees another processor than there is.
    [ "$(sysctl -n hw.optional.arm64 2>/dev/null || true)" = 1 ] && cpu=arm64
    echo "darwin-$cpu"
    ;;
  Linux)
    libc=
    # The loader of the other libc may be there as well; this is asked of glibc alone.
    if ! getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
      for loader in /lib/ld-musl-*; do
        [ -e "$loader" ] && libc=-musl
      done
    fi
    echo "linux-$cpu$libc"
    ;;
  *) fail "there is no build for $(uname -s)" "on Windows: install.ps1" ;;
  esac
}

fetch() {
  if have curl; then
    curl -fsSL --proto "=$protocols" -o "$2" "$1" || fail "$1 could not be fetched"
  elif have wget; then
    wget -q -O "$2" "$1" || fail "$1 could not be fetched"
  else
    fail "neither curl nor wget is here"
  fi
}

sum() {
  if have sha256sum; then
    sha256sum "$1" | cut -d' ' -f1
  elif have shasum; then
    shasum -a 256 "$1" | cut -d' ' -f1
  else
    fail "neither sha256sum nor shasum is here: nothing was installed"
  fi
}

main() {
  name=m2mcp-$version-$(target)
  work=$(mktemp -d)
  trap 'rm -rf "$work" "$folder/.m2mcp.$$"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  fetch "$base/SHA256SUMS" "$work/SHA256SUMS"
  fetch "$base/$name.tar.xz" "$work/archive"
  wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\.tar\.xz\$/\1/p" "$work/SHA256SUMS")
  [ -n "$wanted" ] || fail "SHA256SUMS does not name $name.tar.xz: nothing was installed"
  [ "$(sum "$work/archive")" = "$wanted" ] || fail "the sum of $name.tar.xz is wrong: nothing was installed"
  tar -xJf "$work/archive" -C "$work" 2>/dev/null || fail "$name.tar.xz could not be unpacked" "tar and xz are needed"
  mkdir -p "$folder"
  # Into place in one step: a host may be running the one that is there.
  cp "$work/$name/m2mcp" "$folder/.m2mcp.$$"
  chmod 755 "$folder/.m2mcp.$$"
  if ! said=$("$folder/.m2mcp.$$" --version 2>&1); then
    echo "$said" >&2
    fail "the executable does not run here: nothing was installed" "on Alpine: apk add libstdc++"
  fi
  mv -f "$folder/.m2mcp.$$" "$folder/m2mcp"
  echo "installed $said as $folder/m2mcp"
  case ":$PATH:" in
  *":$folder:"*) ;;
  *) echo "hint: $folder is not in PATH" >&2 ;;
  esac
}

main "$@"

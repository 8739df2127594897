{
  description = "Use a protected remote MCP server with no human present";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      archives = {
        x86_64-linux = {
          url = "{{url:linux-x64}}";
          sha256 = "{{sha256:linux-x64}}";
        };
        aarch64-linux = {
          url = "{{url:linux-arm64}}";
          sha256 = "{{sha256:linux-arm64}}";
        };
        x86_64-darwin = {
          url = "{{url:darwin-x64}}";
          sha256 = "{{sha256:darwin-x64}}";
        };
        aarch64-darwin = {
          url = "{{url:darwin-arm64}}";
          sha256 = "{{sha256:darwin-arm64}}";
        };
      };
      package =
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
        in
        pkgs.stdenv.mkDerivation {
          pname = "m2mcp";
          version = "{{version}}";
          src = pkgs.fetchurl archives.${system};
          nativeBuildInputs = [ pkgs.installShellFiles ] ++ pkgs.lib.optional pkgs.stdenv.isLinux pkgs.patchelf;
          # Stripped, it is the bare runtime; with a search path put in by patchelf (autoPatchelfHook), it does not start.
          dontStrip = true;
          dontPatchELF = true;
          installPhase = ''
            install -Dm755 m2mcp -t $out/bin
          ''
          # All that it needs is libc's, which its loader finds by itself.
          + pkgs.lib.optionalString pkgs.stdenv.isLinux ''
            patchelf --set-interpreter "$(cat $NIX_CC/nix-support/dynamic-linker)" $out/bin/m2mcp
          ''
          + ''
            installManPage m2mcp.1
            installShellCompletion --bash --name m2mcp completions/m2mcp.bash
            installShellCompletion --zsh completions/_m2mcp
            installShellCompletion --fish completions/m2mcp.fish
          '';
          meta = {
            homepage = "https://github.com/m2mcp/m2mcp";
            license = pkgs.lib.licenses.mit;
            mainProgram = "m2mcp";
            platforms = builtins.attrNames archives;
          };
        };
    in
    {
      packages = nixpkgs.lib.genAttrs (builtins.attrNames archives) (system: {
        default = package system;
      });
    };
}

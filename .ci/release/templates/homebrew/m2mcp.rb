class M2mcp < Formula
  desc "Use a protected remote MCP server with no human present"
  homepage "https://github.com/m2mcp/m2mcp"
  version "{{version}}"
  license "MIT"

  on_macos do
    on_arm do
      url "{{url:darwin-arm64}}"
      sha256 "{{sha256:darwin-arm64}}"
    end
    on_intel do
      url "{{url:darwin-x64}}"
      sha256 "{{sha256:darwin-x64}}"
    end
  end

  on_linux do
    on_arm do
      url "{{url:linux-arm64}}"
      sha256 "{{sha256:linux-arm64}}"
    end
    on_intel do
      url "{{url:linux-x64}}"
      sha256 "{{sha256:linux-x64}}"
    end
  end

  def install
    bin.install "m2mcp"
    man1.install "m2mcp.1"
    bash_completion.install "completions/m2mcp.bash" => "m2mcp"
    zsh_completion.install "completions/_m2mcp"
    fish_completion.install "completions/m2mcp.fish"
  end

  test do
    assert_equal "m2mcp #{version}", shell_output("#{bin}/m2mcp --version").strip
  end
end

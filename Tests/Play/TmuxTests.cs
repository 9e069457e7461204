using Xunit;

namespace Cmud.Tests.Play;

/// <summary>The harness itself, on a shell: what the play-tests at a terminal stand on.</summary>
public class TmuxTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_terminal_is_typed_into_pasted_into_resized_and_read()
    {
        await using var tmux = await Tmux.StartAsync(columns: 60, rows: 10);

        await tmux.TypeAsync("echo $((20 + 3))\n");
        await tmux.WaitForAsync("\n23\n", Soon);

        await tmux.PasteAsync(string.Concat(Enumerable.Range(1, 40).Select(static i => $"echo line $(({i} + 1000))\n")));
        await tmux.WaitForAsync("line 1040", Soon);
        Assert.Contains("line 1001", await tmux.ScreenAsync(history: true), StringComparison.Ordinal);
        Assert.DoesNotContain("line 1001", await tmux.ScreenAsync(), StringComparison.Ordinal);

        await tmux.ResizeAsync(columns: 40, rows: 12);
        await tmux.TypeAsync("tput cols\n");
        await tmux.WaitForAsync("\n40\n", Soon);

        await tmux.KeysAsync("C-l");
        await tmux.TypeAsync("abc");
        await tmux.KeysAsync("Left");
        await tmux.WaitForAsync("shell$ abc", Soon);
        Assert.Equal((0, "shell$ ab".Length), await tmux.CursorAsync());
    }
}

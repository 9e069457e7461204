using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>A program at a real terminal: a tmux of its own, which a test types into and reads.</summary>
/// <remarks>Needs <c>tmux</c> on the machine; its server has a socket of its own name, so it meets no other and ends with the test.</remarks>
internal sealed class Tmux : IAsyncDisposable
{
    /// <summary>Between two looks. A look costs a process, and a screen has no event to wait for.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly string _socket = $"cmud-{Guid.NewGuid():N}";

    private Tmux()
    {
    }

    /// <summary>Starts a shell at a terminal of a size; type the program's name to run it.</summary>
    public static async Task<Tmux> StartAsync(int columns, int rows, CancellationToken cancellationToken = default)
    {
        var tmux = new Tmux();
        await tmux.RunAsync(
            [
                "-f", "/dev/null", "new-session", "-d", "-x", Text(columns), "-y", Text(rows),
                "env PS1='shell$ ' HISTFILE= bash --norc --noprofile -i",
            ],
            cancellationToken);
        await tmux.WaitForAsync("shell$", TimeSpan.FromSeconds(10), cancellationToken);
        return tmux;
    }

    /// <summary>Types text as it is; a newline is Enter.</summary>
    public async Task TypeAsync(string text, CancellationToken cancellationToken = default)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (i > 0) await RunAsync(["send-keys", "Enter"], cancellationToken);
            if (lines[i].Length > 0) await RunAsync(["send-keys", "-l", "--", lines[i]], cancellationToken);
        }
    }

    /// <summary>Presses keys by tmux's names, such as Home, Up, C-a, BSpace.</summary>
    public Task KeysAsync(params string[] keys) => RunAsync(["send-keys", .. keys], CancellationToken.None);

    /// <summary>Pastes text in one piece, as a mouse does.</summary>
    public async Task PasteAsync(string text, CancellationToken cancellationToken = default)
    {
        await RunAsync(["set-buffer", "--", text], cancellationToken);
        await RunAsync(["paste-buffer"], cancellationToken);
    }

    /// <summary>Gives the terminal another size.</summary>
    public Task ResizeAsync(int columns, int rows, CancellationToken cancellationToken = default) =>
        RunAsync(["resize-window", "-x", Text(columns), "-y", Text(rows)], cancellationToken);

    /// <summary>What the screen shows, a line a row, without the empty rows below; with what has left it at the top where asked for.</summary>
    public async Task<string> ScreenAsync(bool history = false, CancellationToken cancellationToken = default) =>
        (await RunAsync(history ? ["capture-pane", "-p", "-S", "-"] : ["capture-pane", "-p"], cancellationToken)).TrimEnd('\n');

    /// <summary>From now on every byte that programs write to the terminal goes to a file too, until recorded elsewhere or, with null, nowhere.</summary>
    public Task RecordAsync(string? path, CancellationToken cancellationToken = default) =>
        RunAsync(path is null ? ["pipe-pane"] : ["pipe-pane", $"cat > '{path}'"], cancellationToken);

    /// <summary>Where the cursor stands, from 0.</summary>
    public async Task<(int Row, int Column)> CursorAsync(CancellationToken cancellationToken = default)
    {
        var at = (await RunAsync(["display-message", "-p", "#{cursor_y} #{cursor_x}"], cancellationToken)).Split(' ');
        return (int.Parse(at[0], CultureInfo.InvariantCulture), int.Parse(at[1], CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until the screen, or what has left it, holds a text.</summary>
    public Task WaitForAsync(string text, TimeSpan within, CancellationToken cancellationToken = default) =>
        WaitForAsync(screen => screen.Contains(text, StringComparison.Ordinal), $"'{text}'", within, cancellationToken);

    /// <summary>Waits until the screen with its history is as a test says.</summary>
    public async Task WaitForAsync(Func<string, bool> seen, string what, TimeSpan within, CancellationToken cancellationToken = default)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var screen = await ScreenAsync(history: true, cancellationToken);
            if (seen(screen)) return;
            if (TimeProvider.System.GetElapsedTime(start) > within) Assert.Fail($"{what} did not show within {within.TotalSeconds} s. The terminal shows:\n{screen}");
            await Task.Delay(Look, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Ends the terminal with all that runs in it.</summary>
    public async ValueTask DisposeAsync() => await RunAsync(["kill-server"], CancellationToken.None, mayFail: true);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<string> RunAsync(string[] arguments, CancellationToken cancellationToken, bool mayFail = false)
    {
        var start = new ProcessStartInfo("tmux", ["-L", _socket, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0 && !mayFail) Assert.Fail($"tmux {string.Join(' ', arguments)}: {await error}");
        return output;
    }
}

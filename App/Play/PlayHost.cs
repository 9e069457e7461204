using System.Runtime.InteropServices;
using Cmud.Client;
using Cmud.Game.Play;

namespace Cmud.App.Play;

/// <summary>Opens the door that fits and plays a session at it.</summary>
internal sealed class PlayHost(
    Streams streams, TerminalEnvironment around, TimeProvider time, Func<IScreen, PlayOptions, ICmudClient, IPlaySession> createSession)
{
    /// <summary>After so long nothing that was done can still come out otherwise: twice the 2 s in which servers agree, and a margin.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(4.5);

    /// <summary>Plays; gives the exit code.</summary>
    public async Task<int> RunAsync(PlayOptions options, ICmudClient client, CancellationToken cancellationToken)
    {
        var manner = Manner.Of(options, around);
        var renderer = new Renderer(manner);
        try
        {
            await (manner.Mode switch
            {
                PlayMode.Terminal => AtTerminalAsync(renderer, PlayAsync),
                PlayMode.Plain => PlainlyAsync(renderer, PlayAsync),
                _ => ByScriptAsync(options.Script, renderer, PlayAsync),
            });
            return 0;
        }
        catch (ScriptException e)
        {
            await streams.Error.WriteLineAsync(e.Message.ReplaceLineEndings(" "));
            return e.ExitCode;
        }

        async Task PlayAsync(IDoor door)
        {
            var isSound = await PlayLoop.PlayAsync(door, screen => createSession(screen, options, client), time, cancellationToken);

            // A person has read it; a script is to know.
            if (!isSound && manner.Mode == PlayMode.Script) throw new ScriptException(ScriptException.Broken, "Something in the game broke; what it was stands in the play.");
        }
    }

    private async Task AtTerminalAsync(Renderer renderer, Func<IDoor, Task> play)
    {
        using var terminal = new ConsoleTerminal();
        await play(new TerminalDoor(terminal, renderer, time));
    }

    private async Task PlainlyAsync(Renderer renderer, Func<IDoor, Task> play)
    {
        using var lines = new ConsoleLines(streams, around.OutputIsTerminal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
        {
            context.Cancel = true;
            lines.Leave();
        });
        await play(new PlainDoor(lines, renderer));
    }

    private async Task ByScriptAsync(string? path, Renderer renderer, Func<IDoor, Task> play)
    {
        using var file = path is null ? null : Open(path);
        await play(new ScriptDoor(file ?? streams.In, streams.Out, renderer, time, Settle));
    }

    /// <summary>A script whose lines were all looked at: a slip in the last one is not to be found after an hour's play. A pipe is read as it comes.</summary>
    private static StreamReader Open(string path)
    {
        try
        {
            var file = File.OpenText(path);
            if (!file.BaseStream.CanSeek) return file;

            for (var number = 1; file.ReadLine() is { } line; number++) Directive.Of(line, number);
            file.BaseStream.Position = 0;
            file.DiscardBufferedData();
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ScriptException(ScriptException.Wrong, $"There is no script '{path}'.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScriptException(ScriptException.Wrong, $"The script '{path}' cannot be read: it is a directory, or not yours to read.");
        }
    }
}

using Cmud.Client;

namespace Cmud.App;

/// <summary>The command line of the hand-out's client runner: Get, Put, Delete and List, a line each, until the end of the input.</summary>
/// <remarks>
/// A client waits 3.5 s of each call for a server that may be coming back. A person waits once, and a pipe of a hundred lines does not wait a
/// hundred times: while no server can be reached, each line first asks for a moment whether one is back, and is not sent otherwise.
/// </remarks>
internal sealed class Shell(ICmudClient client, Streams streams)
{
    /// <summary>How long a line waits for a server after none could be reached. The client goes on trying between lines.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    private bool _isLost;

    private const string Help = """
        Get KEY          the value of a key, in quotes
        Put KEY VALUE    sets a key
        Delete KEY       deletes a key, absent or not
        List [PREFIX]    the keys that start with a prefix, or all, with their values
        help             this text
        exit, quit       leaves; so does the end of the input
        A word with spaces stands in quotes, in which \" \\ \n \r \t and \uXXXX are escapes.
        """;

    /// <summary>Reads and answers lines until the input ends or the user leaves.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (streams.Interactive) await streams.Out.WriteAsync("> ");
            await streams.Out.FlushAsync(cancellationToken);
            if (await streams.In.ReadLineAsync(cancellationToken) is not { } line) break;
            if (!await TryRunAsync(line, cancellationToken)) return;
        }

        // The end of the input left the cursor behind the prompt.
        if (streams.Interactive) await streams.Out.WriteLineAsync();
    }

    /// <summary>Answers one line; false where the user leaves.</summary>
    private async Task<bool> TryRunAsync(string line, CancellationToken cancellationToken)
    {
        if (ShellWords.Split(line, out var words) is { } complaint)
        {
            await streams.Error.WriteLineAsync(complaint);
            return true;
        }

        if (words.Count == 0) return true;
        try
        {
            return await TryRunAsync(words, cancellationToken);
        }
        catch (CmudException e)
        {
            // Once is enough to say where it was looked for.
            await streams.Error.WriteLineAsync(_isLost && e.Failure == CmudFailure.Unreachable ? "Still no server can be reached; this line was not sent." : e.Message);
            _isLost = e.Failure == CmudFailure.Unreachable;
            return true;
        }
    }

    /// <summary>Makes sure, where no server could be reached, that one can be now.</summary>
    /// <exception cref="CmudException">None can.</exception>
    private async Task ReachAsync(CancellationToken cancellationToken)
    {
        if (!_isLost) return;

        using var moment = new CancellationTokenSource(Moment);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(moment.Token, cancellationToken);
        try
        {
            await client.GetAsync("cmud", end.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CmudException(CmudFailure.Unreachable, "No server can be reached.");
        }

        _isLost = false;
    }

    private async Task<bool> TryRunAsync(List<string> words, CancellationToken cancellationToken)
    {
        switch (words[0].ToUpperInvariant(), words.Count)
        {
            case ("GET", 2):
                await ReachAsync(cancellationToken);
                await streams.Out.WriteLineAsync(await client.GetAsync(words[1], cancellationToken) is { } value ? TextEscape.Quote(value) : "Not present");
                break;
            case ("PUT", 3):
                await ReachAsync(cancellationToken);
                await client.PutAsync(words[1], words[2], cancellationToken);
                await streams.Out.WriteLineAsync("Ok");
                break;
            case ("DELETE", 2):
                await ReachAsync(cancellationToken);
                await client.DeleteAsync(words[1], cancellationToken);
                await streams.Out.WriteLineAsync("Ok");
                break;
            case ("LIST", 1 or 2):
                await ReachAsync(cancellationToken);
                await ListAsync(words.Count == 2 ? words[1] : "", cancellationToken);
                break;
            case ("HELP", _):
                await streams.Out.WriteLineAsync(Help);
                break;
            case ("EXIT" or "QUIT", 1):
                return false;
            case ("GET", _):
                await streams.Error.WriteLineAsync("Usage: Get KEY");
                break;
            case ("PUT", _):
                await streams.Error.WriteLineAsync("Usage: Put KEY VALUE (in quotes where it holds spaces)");
                break;
            case ("DELETE", _):
                await streams.Error.WriteLineAsync("Usage: Delete KEY");
                break;
            case ("LIST", _):
                await streams.Error.WriteLineAsync("Usage: List [PREFIX]");
                break;
            case ("EXIT" or "QUIT", _):
                await streams.Error.WriteLineAsync("Usage: exit");
                break;
            default:
                await streams.Error.WriteLineAsync($"There is no command '{TextEscape.Escape(words[0])}'; use Get, Put, Delete, List, help or exit.");
                break;
        }

        return true;
    }

    private async Task ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var any = false;
        await foreach (var (key, value) in client.ListAsync(prefix, cancellationToken))
        {
            any = true;
            await streams.Out.WriteLineAsync($"{TextEscape.Quote(key)} {TextEscape.Quote(value)}");
        }

        if (!any) await streams.Out.WriteLineAsync("Not present");
    }
}

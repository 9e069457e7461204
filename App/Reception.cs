using System.Net.Sockets;
using Cmud.Client;
using Cmud.Grains.Interfaces;

namespace Cmud.App;

/// <summary>Connects, and tells a person who waits what is being waited for.</summary>
/// <param name="streams">Where it is told: on the error stream, if that is a terminal.</param>
/// <param name="connect">Makes the client.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class Reception(Streams streams, Func<CmudClientOptions, CancellationToken, Task<ICmudClient>> connect, TimeProvider time)
{
    /// <summary>What takes longer than this is told.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);

    /// <summary>How long a player's client goes on where something listens. One attempt ends after 5 s, and a busy machine may need more for a first connection.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The same of a command: a second attempt, which finds what the first one has loaded.</summary>
    public static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(6);

    /// <summary>Whether something takes a connection is known by then, or it is as good as nothing.</summary>
    private static readonly TimeSpan Knock = TimeSpan.FromSeconds(1.5);

    /// <summary>Between two attempts.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    /// <summary>Connects; tries again where something listens that does not answer yet.</summary>
    /// <exception cref="CmudException">No server can be reached.</exception>
    public async Task<ICmudClient> ConnectAsync(CmudClientOptions options, TimeSpan patience, CancellationToken cancellationToken)
    {
        var (start, told) = (time.GetTimestamp(), false);
        while (true)
        {
            try
            {
                var attempt = connect(options, cancellationToken);
                if (!told && streams.ErrorIsTerminal && !await IsDoneAsync(attempt, cancellationToken))
                {
                    told = true;
                    await streams.Error.WriteLineAsync($"Connecting to {string.Join(", ", options.Servers)} ...{(patience >= Patience ? " (Ctrl-C gives up)" : "")}");
                }

                return await attempt;
            }
            catch (CmudException e) when (e.Failure == CmudFailure.Unreachable && time.GetElapsedTime(start) < patience)
            {
                if (!await AnyListensAsync(options.Servers, cancellationToken)) throw;

                // It may only be busy.
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    private async Task<bool> IsDoneAsync(Task attempt, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var silence = Task.Delay(Silence, time, enough.Token);
        var isDone = await Task.WhenAny(attempt, silence) == attempt;
        await enough.CancelAsync();
        return isDone;
    }

    private static async Task<bool> AnyListensAsync(IReadOnlyList<ServerAddress> servers, CancellationToken cancellationToken)
    {
        foreach (var server in servers)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(Knock);
            using var socket = new TcpClient();
            try
            {
                await socket.ConnectAsync(server.Host, server.Port, limit.Token);
                return true;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // Nobody there.
            }
        }

        return false;
    }
}

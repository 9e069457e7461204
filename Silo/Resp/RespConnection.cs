using System.IO.Pipelines;
using Cmud.Grains.Interfaces;
using Cmud.Silo.Access;

namespace Cmud.Silo.Resp;

/// <summary>Carries one RESP connection: bytes to commands, commands to the session, replies back.</summary>
/// <remarks>The next bytes are read when the replies to the last ones are on their way: a client that floods waits for itself alone.</remarks>
public static class RespConnection
{
    private static readonly string CommandLate = $"The command was not whole after {RespBounds.CommandTime.TotalSeconds:0} s; send it faster, or in parts.";
    private static readonly string EntranceLate = $"No token came within {RespBounds.EntranceTime.TotalSeconds:0} s; connect again, and send AUTH and the token that you were given.";

    /// <summary>Serves a client until it hangs up, quits or breaks the protocol, or until <paramref name="stop"/>.</summary>
    /// <param name="grain">The query grain that answers.</param>
    /// <param name="server">What clients are told of the server.</param>
    /// <param name="id">The number of the connection.</param>
    /// <param name="transport">Bytes from and to the client.</param>
    /// <param name="cut">Ends the connection at once.</param>
    /// <param name="stop">Ends it after the commands that have been read, all answered.</param>
    /// <param name="entrance">How the client gets in; null where nobody asks.</param>
    internal static async Task Serve(IQueryGrain grain, ServerFacts server, long id, IDuplexPipe transport, Action cut, CancellationToken stop, Entrance? entrance = null)
    {
        var (input, time) = (transport.Input, server.Time);
        using var wait = new ClientWait(time, transport, cut);
        var parser = new RespParser();
        var session = new RespSession(grain, server, id, transport.Output, wait, entrance);
        using var stopping = stop.Register(input.CancelPendingRead);
        var (opened, begun) = (time.GetTimestamp(), (long?)null);

        while (!session.Closing)
        {
            // Take.
            var read = await wait.Read(session.IsIn ? Left(RespBounds.CommandTime, begun) : Left(RespBounds.EntranceTime, opened));
            var (left, commands) = (read.Buffer, 0);
            while (!session.Closing && parser.TryRead(ref left, out var command))
            {
                await session.Take(command);
                if (++commands % RespBounds.CommandsInTurn == 0) await Task.Yield();
            }

            // Answer.
            await session.Execute();
            if (parser.Fault is { } fault) await session.Refuse($"Protocol error: {fault}");
            // Where commands go on coming there is often a piece of the next one: each has its own time.
            var isWithin = parser.IsWithin || !left.IsEmpty;
            begun = isWithin ? (commands == 0 ? begun : null) ?? time.GetTimestamp() : null;
            if (!session.IsIn && (wait.IsOver || Left(RespBounds.EntranceTime, opened) <= TimeSpan.Zero)) await session.Refuse(EntranceLate);
            else if (wait.IsOver) await session.Refuse(CommandLate);
            input.AdvanceTo(left.Start, left.End);

            // Send.
            if (!await wait.Send(RespBounds.ReplyTime) || read.IsCompleted || stop.IsCancellationRequested) return;
        }

        TimeSpan? Left(TimeSpan most, long? since) => since is { } from ? most - time.GetElapsedTime(from) : null;
    }
}

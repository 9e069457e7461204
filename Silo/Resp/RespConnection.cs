using System.IO.Pipelines;
using Cmud.Grains.Interfaces;
using Cmud.Silo.Access;

namespace Cmud.Silo.Resp;

/// <summary>Carries one RESP connection: bytes to commands, commands to the session, replies back.</summary>
/// <remarks>The next bytes are read when the replies to the last ones are on their way: a client that floods waits for itself alone.</remarks>
public static class RespConnection
{
    /// <summary>Serves a client until it hangs up, quits or breaks the protocol, or until <paramref name="stop"/>.</summary>
    /// <param name="grain">The query grain that answers.</param>
    /// <param name="server">What clients are told of the server.</param>
    /// <param name="id">The number of the connection.</param>
    /// <param name="transport">Bytes from and to the client.</param>
    /// <param name="stop">Ends it after the commands that have been read, all answered.</param>
    /// <param name="entrance">How the client gets in; null where nobody asks.</param>
    internal static async Task Serve(IQueryGrain grain, ServerFacts server, long id, IDuplexPipe transport, CancellationToken stop, Entrance? entrance = null)
    {
        var (input, output) = (transport.Input, transport.Output);
        var parser = new RespParser();
        var session = new RespSession(grain, server, id, output, entrance);
        using var stopping = stop.Register(input.CancelPendingRead);

        while (!session.Closing)
        {
            // Take.
            var read = await input.ReadAsync(CancellationToken.None);
            var left = read.Buffer;
            while (!session.Closing && parser.TryRead(ref left, out var command)) await session.Take(command);

            // Answer.
            await session.Execute();
            if (parser.Fault is { } fault) await session.Refuse(fault);
            input.AdvanceTo(left.Start, left.End);

            // Send.
            var sent = await output.FlushAsync(CancellationToken.None);
            if (sent.IsCompleted || read.IsCompleted || stop.IsCancellationRequested) return;
        }
    }
}
